/** A client's connection behind the upgrade: bytes both ways, none kept. */

import type { Duplex } from "node:stream";
import { type Bytes, concatBytes } from "../../formats/bytes.ts";

/** What protocols are spoken on. */
export interface Wire {
  /** What comes, once. Ends when the client has ended; throws if it broke off. */
  read(): AsyncIterable<Bytes>;
  /** Settles when the bytes are the system's; fails if the client has gone. */
  write(bytes: Bytes): Promise<void>;
  /** Says that no more will be written, behind all that was. */
  end(): void;
  /** Breaks it off; what was not written by now is lost. */
  destroy(): void;
}

/**
 * Makes a wire of a stream of Node's, such as a socket.
 *
 * @param head What has been read of it already.
 */
export function duplexWire(stream: Duplex, head: Uint8Array): Wire {
  stream.on("error", () => {}); // Whoever reads or writes is told.
  return {
    async *read() {
      if (head.byteLength > 0) yield concatBytes([head]);
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        yield chunk;
      }
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => error ? reject(error) : resolve());
      }),
    end: () => void stream.end(),
    destroy: () => void stream.destroy(),
  };
}
