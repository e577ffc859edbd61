/** gRPC's frames: a flag, a length of four bytes, a message. */

import { type Bytes, concatBytes } from "../../formats/bytes.ts";
import { GRPC_CODE, GrpcError } from "./grpc_error.ts";

const HEADER_BYTES = 5;
const LENGTH_OFFSET = 1;

/** The maximum size of a message, in either direction. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Encodes a message as a frame.
 *
 * @throws {GrpcError} If it is too large.
 */
export function encodeFrame(message: Uint8Array): Bytes {
  const size = message.byteLength;
  checkSize("send", size);
  const frame = new Uint8Array(HEADER_BYTES + size);
  new DataView(frame.buffer).setUint32(LENGTH_OFFSET, size);
  frame.set(message, HEADER_BYTES);
  return frame;
}

/** Assembles the one message of a request. */
export class FrameReader {
  readonly #encoding: string;
  #chunks: Uint8Array[] = [];
  #received = 0;
  /** Of the message; undefined until it is known. */
  #size: number | undefined;

  /**
   * Makes one.
   *
   * @param encoding The compression of the request, for errors.
   */
  constructor(encoding = "identity") {
    this.#encoding = encoding;
  }

  /**
   * Adds received bytes.
   *
   * @throws {GrpcError} As soon as it cannot become one message.
   */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#received += chunk.byteLength;
    if (this.#received < HEADER_BYTES) return;
    this.#size ??= this.#readHeader();
    if (this.#received <= HEADER_BYTES + this.#size) return;
    throw malformed("it has more than one message");
  }

  /**
   * The message, at the end of the request.
   *
   * @throws {GrpcError} If it is incomplete.
   */
  end(): Bytes {
    const whole = HEADER_BYTES + (this.#size ?? 0);
    if (this.#size !== undefined && this.#received === whole) {
      return concatBytes(this.#chunks).subarray(HEADER_BYTES);
    }
    throw malformed(
      `it ends after ${this.#received} bytes, within the message`,
    );
  }

  #readHeader(): number {
    const header = concatBytes(this.#chunks);
    this.#chunks = [header];
    const [flag = 0] = header;
    if (flag !== 0) throw this.#refuseFlag(flag);
    const size = new DataView(header.buffer).getUint32(LENGTH_OFFSET);
    checkSize("read", size);
    return size;
  }

  #refuseFlag(flag: number): GrpcError {
    if (flag !== 1) return malformed(`its flag is ${flag}, not 0 or 1`);
    if (this.#encoding === "identity") {
      return malformed("it is compressed, and does not say how");
    }
    return new GrpcError(
      GRPC_CODE.unimplemented,
      `Cannot read the request: it is compressed by "${this.#encoding}"`,
    );
  }
}

function checkSize(verb: "read" | "send", size: number): void {
  if (size <= MAX_MESSAGE_BYTES) return;
  const what = verb === "read" ? "request" : "response";
  throw new GrpcError(
    GRPC_CODE.resourceExhausted,
    `Cannot ${verb} a ${what} of ${size} bytes: ${MAX_MESSAGE_BYTES} are ` +
      "the most",
  );
}

function malformed(why: string): GrpcError {
  return new GrpcError(
    GRPC_CODE.internal,
    `Cannot read the request: ${why}`,
  );
}
