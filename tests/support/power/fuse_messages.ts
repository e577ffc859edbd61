/**
 * What a server of a FUSE file system reads and answers, as far as one folder with a
 * few files needs it: <linux/fuse.h>, version 7.31. All integers are little-endian.
 */

/** The requests that are answered. */
export const Opcode = {
  lookUp: 1,
  forget: 2,
  getAttributes: 3,
  setAttributes: 4,
  open: 14,
  read: 15,
  write: 16,
  release: 18,
  sync: 20,
  flush: 25,
  initialize: 26,
  interrupt: 36,
  destroy: 38,
  forgetMany: 42,
  allocate: 43,
} as const;

/** Those that want no answer. */
export const UNANSWERED: ReadonlySet<number> = new Set([
  Opcode.forget,
  Opcode.interrupt,
  Opcode.destroy,
  Opcode.forgetMany,
]);

/** The most that one request writes. */
export const MAX_WRITE_BYTES = 1024 * 1024;

/** A file, or the folder, as far as `stat` tells. */
export interface FuseNode {
  readonly id: number;
  readonly kind: "directory" | "file";
  readonly size: number;
}

const LITTLE_ENDIAN = true;
const IN_HEADER = 40;
const OUT_HEADER = 16;
const BLOCK = 512;
const DIRECTORY_MODE = 0o040700;
const FILE_MODE = 0o100600;
const VERSION = [7, 31] as const;
// Big writes, and as many pages in one as MAX_WRITE_BYTES has.
const INIT_FLAGS = (1 << 5) | (1 << 22);
const PAGES = MAX_WRITE_BYTES / 4096;
const VALID_SECONDS = 3600n;

/** A request. */
export class FuseRequest {
  readonly opcode: number;
  readonly node: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** @param bytes All of it; they may change once it is answered. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset);
    this.opcode = this.#view.getUint32(4, LITTLE_ENDIAN);
    this.node = Number(this.#view.getBigUint64(16, LITTLE_ENDIAN));
  }

  /** Of a look-up. */
  get name(): string {
    return new TextDecoder().decode(this.#bytes.subarray(IN_HEADER, -1));
  }

  /** Of a read, a write, or an allocation. */
  get offset(): number {
    return this.#readLong(8);
  }

  /** Of a read or a write, in bytes. */
  get size(): number {
    return this.#view.getUint32(IN_HEADER + 16, LITTLE_ENDIAN);
  }

  /** Of an allocation, in bytes. */
  get length(): number {
    return this.#readLong(16);
  }

  /** Of an allocation, as of fallocate(2). */
  get allocationMode(): number {
    return this.#view.getUint32(IN_HEADER + 24, LITTLE_ENDIAN);
  }

  /** What is to be written. */
  get data(): Uint8Array {
    return this.#bytes.subarray(IN_HEADER + 40, IN_HEADER + 40 + this.size);
  }

  /** An answer: an error's number, or else what follows its header. */
  answer(errno: number, body: Uint8Array = new Uint8Array()): Uint8Array {
    const bytes = new Uint8Array(OUT_HEADER + body.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, bytes.length, LITTLE_ENDIAN);
    view.setInt32(4, -errno, LITTLE_ENDIAN);
    view.setBigUint64(
      8,
      this.#view.getBigUint64(8, LITTLE_ENDIAN),
      LITTLE_ENDIAN,
    );
    bytes.set(body, OUT_HEADER);
    return bytes;
  }

  #readLong(offset: number): number {
    return Number(this.#view.getBigUint64(IN_HEADER + offset, LITTLE_ENDIAN));
  }
}

/** The body that answers {@linkcode Opcode.initialize}. */
export function initBody(): Uint8Array {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, VERSION[0], LITTLE_ENDIAN);
  view.setUint32(4, VERSION[1], LITTLE_ENDIAN);
  view.setUint32(8, MAX_WRITE_BYTES, LITTLE_ENDIAN); // of reading ahead
  view.setUint32(12, INIT_FLAGS, LITTLE_ENDIAN);
  view.setUint32(20, MAX_WRITE_BYTES, LITTLE_ENDIAN);
  view.setUint32(24, 1, LITTLE_ENDIAN); // nanoseconds that times are exact to
  view.setUint16(28, PAGES, LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}

/** The body that answers a look-up. */
export function entryBody(node: FuseNode): Uint8Array {
  const view = new DataView(new ArrayBuffer(40 + 88));
  view.setBigUint64(0, BigInt(node.id), LITTLE_ENDIAN);
  view.setBigUint64(16, VALID_SECONDS, LITTLE_ENDIAN);
  view.setBigUint64(24, VALID_SECONDS, LITTLE_ENDIAN);
  setAttributes(view, 40, node);
  return new Uint8Array(view.buffer);
}

/** The body that answers a question for attributes. */
export function attributesBody(node: FuseNode): Uint8Array {
  const view = new DataView(new ArrayBuffer(16 + 88));
  view.setBigUint64(0, VALID_SECONDS, LITTLE_ENDIAN);
  setAttributes(view, 16, node);
  return new Uint8Array(view.buffer);
}

/** The body that answers an open: a handle that tells nothing. */
export function openBody(): Uint8Array {
  return new Uint8Array(16);
}

/** The body that answers a write. */
export function writeBody(size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, size, LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}

function setAttributes(
  view: DataView,
  at: number,
  { id, kind, size }: FuseNode,
): void {
  view.setBigUint64(at, BigInt(id), LITTLE_ENDIAN);
  view.setBigUint64(at + 8, BigInt(size), LITTLE_ENDIAN);
  view.setBigUint64(at + 16, BigInt(Math.ceil(size / BLOCK)), LITTLE_ENDIAN);
  const mode = kind === "directory" ? DIRECTORY_MODE : FILE_MODE;
  view.setUint32(at + 60, mode, LITTLE_ENDIAN);
  view.setUint32(at + 64, 1, LITTLE_ENDIAN); // links
  view.setUint32(at + 80, 4096, LITTLE_ENDIAN); // bytes of a block
}
