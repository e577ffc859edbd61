/** Writes ustar archives. */

import { BLOCK_BYTES, writeHeader } from "./header.ts";

/** An entry's metadata besides its path and content. */
export interface TarStreamOptions {
  /** 0o644 for files and 0o755 for folders is the default. */
  mode?: number;
  uid?: number;
  gid?: number;
  /** In seconds since 1970; now is the default. */
  mtime?: number;
  uname?: string;
  gname?: string;
  devmajor?: string;
  devminor?: string;
}

/** A file to write. */
export interface TarStreamFile {
  type: "file";
  path: string;
  /** In bytes: just what `readable` has. */
  size: number;
  readable: ReadableStream<Uint8Array>;
  options?: TarStreamOptions;
}

/** A folder to write. */
export interface TarStreamDir {
  type: "directory";
  path: string;
  options?: TarStreamOptions;
}

/** An entry to write. */
export type TarStreamInput = TarStreamFile | TarStreamDir;

/** 8 GiB less a byte: the most that eleven octal digits can represent. */
const MAX_SIZE_BYTES = 8 ** 11 - 1;
const MAX_ID = 8 ** 6 - 1;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

/** Turns entries into the bytes of an archive. */
export class TarStream
  implements TransformStream<TarStreamInput, Uint8Array<ArrayBuffer>> {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<TarStreamInput>;

  constructor() {
    const input = new TransformStream<TarStreamInput, TarStreamInput>();
    this.writable = input.writable;
    this.readable = ReadableStream.from(writeArchive(input.readable));
  }
}

/**
 * Checks an entry's metadata.
 *
 * @throws {TypeError} If ustar cannot represent it.
 */
export function assertValidTarStreamOptions(options: TarStreamOptions): void {
  const { mode = 0, uid = 0, gid = 0, mtime = 0 } = options;
  const numbers: [string, number, number][] = [
    ["Mode", mode, MAX_ID],
    ["UID", uid, MAX_ID],
    ["GID", gid, MAX_ID],
    ["MTime", mtime, MAX_SIZE_BYTES],
  ];
  const texts: [string, string | undefined, number][] = [
    ["UName", options.uname, 31],
    ["GName", options.gname, 31],
    ["DevMajor", options.devmajor, 8],
    ["DevMinor", options.devminor, 8],
  ];
  const wrong =
    numbers.find(([, value, max]) => !(value >= 0 && value <= max)) ??
      texts.find(([, text = "", max]) => text.length > max);
  if (wrong === undefined) return;
  throw new TypeError(
    `Cannot add to the tar archive: Invalid ${wrong[0]} provided`,
  );
}

async function* writeArchive(
  entries: ReadableStream<TarStreamInput>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const entry of entries) {
    yield headerOf(entry);
    if (entry.type === "file") yield* writeContent(entry);
  }
  // Two blocks of zeros end an archive.
  yield new Uint8Array(2 * BLOCK_BYTES);
}

function headerOf(entry: TarStreamInput): Uint8Array<ArrayBuffer> {
  const isFile = entry.type === "file";
  const size = isFile ? entry.size : 0;
  if (!(size >= 0 && size <= MAX_SIZE_BYTES)) {
    throw new RangeError(
      "Cannot add to the tar archive: The size cannot exceed 8 GiB",
    );
  }
  const options = entry.options ?? {};
  assertValidTarStreamOptions(options);
  return writeHeader({
    ...splitPath(entry.path),
    mode: options.mode ?? (isFile ? 0o644 : 0o755),
    uid: options.uid ?? 0,
    gid: options.gid ?? 0,
    size,
    mtime: Math.floor(options.mtime ?? Date.now() / 1000),
    typeflag: isFile ? "0" : "5",
    uname: options.uname ?? "",
    gname: options.gname ?? "",
    devmajor: options.devmajor ?? "",
    devminor: options.devminor ?? "",
  });
}

async function* writeContent(
  { size, readable }: TarStreamFile,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let received = 0;
  for await (const chunk of readable) {
    received += chunk.length;
    if (received > size) break;
    yield new Uint8Array(chunk);
  }
  if (received !== size) {
    throw new RangeError(
      `Cannot add to the tar archive: The provided size (${size}) did not match bytes read from provided readable (${received})`,
    );
  }
  const padding = -size & (BLOCK_BYTES - 1);
  if (padding > 0) yield new Uint8Array(padding);
}

/** Splits a path that is too long for the name field at one of its slashes. */
function splitPath(path: string): { name: string; prefix: string } {
  const bytesOf = (text: string) => new TextEncoder().encode(text).length;
  if (bytesOf(path) <= NAME_BYTES) return { name: path, prefix: "" };
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (bytesOf(prefix) > PREFIX_BYTES) break;
    if (name && bytesOf(name) <= NAME_BYTES) return { name, prefix };
  }
  throw new RangeError(
    `Cannot add "${path}" to the tar archive: it is too long`,
  );
}
