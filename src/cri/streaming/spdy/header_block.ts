/** Header blocks of SPDY/3.1: name and value pairs, compressed. Section 2.6.10. */

import { constants, createInflate, type Inflate } from "node:zlib";
import { type Bytes, concatBytes, toText } from "../../../formats/bytes.ts";
import { SpdyProtocolError } from "./frame_reader.ts";
import { HEADER_DICTIONARY } from "./header_dictionary.ts";

// Kubernetes sends three headers of some 20 bytes each.
const MAX_BLOCK_BYTES = 16 * 1024;
const MAX_HEADERS = 64;

/** Decompresses the blocks of a session, one behind the other. */
export class HeaderInflater implements Disposable {
  readonly #inflate: Inflate;
  /** Why no block can be read any more. */
  #problem: SpdyProtocolError | undefined;
  #fail: (problem: SpdyProtocolError) => void = () => {};
  #parts: Bytes[] = [];
  #size = 0;

  /** Opens one for a session. */
  constructor() {
    this.#inflate = createInflate({
      dictionary: HEADER_DICTIONARY,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    const end = () => this.#end("its compression is damaged");
    this.#inflate.on("error", end).on("end", end).on("close", end);
    this.#inflate.on("data", (part: Bytes) => {
      this.#size += part.byteLength;
      if (this.#size <= MAX_BLOCK_BYTES) return void this.#parts.push(part);
      this.#end(`it has more than ${MAX_BLOCK_BYTES} bytes`);
      this.#inflate.destroy();
    });
  }

  /**
   * Reads the next block.
   *
   * @throws {SpdyProtocolError} If it is damaged or too large: so are all later ones.
   */
  async read(block: Bytes): Promise<ReadonlyMap<string, string>> {
    [this.#parts, this.#size] = [[], 0];
    if (this.#problem !== undefined) throw this.#problem;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#fail = reject;
    // Without an own callback, an error would come as an event alone.
    this.#inflate.write(block, () => resolve());
    await promise;
    if (this.#problem !== undefined) throw this.#problem;
    return parseHeaders(concatBytes(this.#parts));
  }

  [Symbol.dispose](): void {
    this.#inflate.destroy();
  }

  #end(why: string): void {
    this.#problem ??= damaged(why);
    this.#fail(this.#problem);
  }
}

/**
 * The block without headers, for the first time and later times: what Kubernetes'
 * own server answers with. Blocks that are stored need no compressor's memory.
 */
export function emptyBlock({ isFirst }: { readonly isFirst: boolean }): Bytes {
  return isFirst ? concatBytes([ZLIB_HEAD, STORED_ZERO]) : STORED_ZERO.slice();
}

// RFC 1950: deflate, a preset dictionary, and its Adler-32.
const ZLIB_HEAD = Uint8Array.of(0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2);
// RFC 1951, 3.2.4: a stored block of 4 bytes, the number of headers; and an empty
// one, at which decompressors give out what they have.
const STORED_ZERO = Uint8Array.of(
  ...[0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0],
  ...[0, 0, 0, 0xff, 0xff],
);

/** @throws {SpdyProtocolError} If it is no list of headers. */
function parseHeaders(block: Bytes): ReadonlyMap<string, string> {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  let at = 0;
  const number = () => {
    if (at + 4 > block.byteLength) throw damaged("it ends too early");
    at += 4;
    return view.getUint32(at - 4);
  };
  const text = () => {
    const length = number();
    if (length > block.byteLength - at) throw damaged("it ends too early");
    at += length;
    return toText(block.subarray(at - length, at));
  };
  const count = number();
  if (count > MAX_HEADERS) throw damaged(`it has ${count} headers`);
  const headers = new Map<string, string>();
  for (let left = count; left > 0; left--) {
    const name = text();
    if (name === "" || headers.has(name)) throw damaged("a name is wrong");
    headers.set(name, text());
  }
  if (at !== block.byteLength) throw damaged("it is too long");
  return headers;
}

function damaged(why: string): SpdyProtocolError {
  return new SpdyProtocolError(`Cannot read a header block: ${why}`);
}
