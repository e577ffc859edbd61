/** The worker that compresses blocks of layers. It has no permissions. */

import {
  type PackBlock,
  packBlock,
} from "../../formats/compression/compress.ts";

/** Its reply: the compressed block, or an error. */
export type PackReply =
  | {
    readonly bytes: Uint8Array<ArrayBuffer>;
    /** The memory of the block, to be reused. */
    readonly used: ArrayBuffer;
  }
  | { readonly problem: string };

/** What this file sees of a worker's global scope. */
declare const self: {
  onmessage: (event: MessageEvent<PackBlock>) => void;
  postMessage(message: PackReply, transfer: Transferable[]): void;
};

self.onmessage = ({ data }) => {
  try {
    const bytes = packBlock(data);
    const used = data.bytes.buffer;
    self.postMessage({ bytes, used }, [bytes.buffer, used]);
  } catch (error) {
    self.postMessage({ problem: String(error) }, []);
  }
};
