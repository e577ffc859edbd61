/** The 512-byte header of ustar: POSIX.1-1988, pax(1), "ustar Interchange". */

/** A block of an archive. */
export const BLOCK_BYTES = 512;

/** A header's fields, as they are in the archive. */
export interface PosixUstarFormat {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** In seconds. */
  mtime: number;
  /** `"0"` is a file, `"5"` a folder. */
  typeflag: string;
  linkname: string;
  magic: string;
  version: string;
  uname: string;
  gname: string;
  devmajor: string;
  devminor: string;
  prefix: string;
}

type Field = readonly [start: number, length: number];

// Where fields begin, and how long they are.
const NAME: Field = [0, 100];
const MODE: Field = [100, 8];
const UID: Field = [108, 8];
const GID: Field = [116, 8];
const SIZE: Field = [124, 12];
const MTIME: Field = [136, 12];
const CHECKSUM: Field = [148, 8];
const TYPEFLAG: Field = [156, 1];
const LINKNAME: Field = [157, 100];
const MAGIC: Field = [257, 6];
const VERSION: Field = [263, 2];
const UNAME: Field = [265, 32];
const GNAME: Field = [297, 32];
const DEVMAJOR: Field = [329, 8];
const DEVMINOR: Field = [337, 8];
const PREFIX: Field = [345, 155];

const MAGIC_TEXT = "ustar\0";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes a header. The path must be split into prefix and name already. */
export function writeHeader(
  fields: Omit<PosixUstarFormat, "magic" | "version" | "linkname">,
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_BYTES);
  writeText(block, NAME, fields.name);
  writeOctal(block, MODE, fields.mode);
  writeOctal(block, UID, fields.uid);
  writeOctal(block, GID, fields.gid);
  writeOctal(block, SIZE, fields.size);
  writeOctal(block, MTIME, fields.mtime);
  writeText(block, TYPEFLAG, fields.typeflag);
  writeText(block, MAGIC, MAGIC_TEXT);
  writeText(block, VERSION, "00");
  writeText(block, UNAME, fields.uname);
  writeText(block, GNAME, fields.gname);
  writeText(block, DEVMAJOR, fields.devmajor);
  writeText(block, DEVMINOR, fields.devminor);
  writeText(block, PREFIX, fields.prefix);
  const checksum = sumOf(block).toString(8).padStart(6, "0");
  writeText(block, CHECKSUM, `${checksum}\0 `);
  return block;
}

/**
 * Reads a header.
 *
 * @throws {SyntaxError} If the checksum is wrong.
 */
export function readHeader(block: Uint8Array): PosixUstarFormat {
  if (readOctal(block, CHECKSUM) !== sumOf(block)) {
    throw new SyntaxError(
      "Cannot extract the tar archive: An archive entry has invalid header checksum",
    );
  }
  const isUstar = readText(block, MAGIC) === "ustar";
  return {
    name: readText(block, NAME),
    mode: readOctal(block, MODE),
    uid: readOctal(block, UID),
    gid: readOctal(block, GID),
    size: readOctal(block, SIZE),
    mtime: readOctal(block, MTIME),
    typeflag: readText(block, TYPEFLAG) || "0",
    linkname: readText(block, LINKNAME),
    magic: isUstar ? MAGIC_TEXT : "",
    version: isUstar ? readText(block, VERSION) : "",
    uname: isUstar ? readText(block, UNAME) : "",
    gname: isUstar ? readText(block, GNAME) : "",
    devmajor: isUstar ? readText(block, DEVMAJOR) : "",
    devminor: isUstar ? readText(block, DEVMINOR) : "",
    prefix: isUstar ? readText(block, PREFIX) : "",
  };
}

function writeText(block: Uint8Array, [start, length]: Field, text: string) {
  encoder.encodeInto(text, block.subarray(start, start + length));
}

function writeOctal(block: Uint8Array, [start, length]: Field, value: number) {
  // One byte less than the field has: it ends in NUL.
  const digits = value.toString(8).padStart(length - 1, "0");
  writeText(block, [start, length], digits);
}

function readText(block: Uint8Array, [start, length]: Field): string {
  const text = decoder.decode(block.subarray(start, start + length));
  return text.split("\0", 1)[0] ?? "";
}

function readOctal(block: Uint8Array, field: Field): number {
  return parseInt(readText(block, field).trim() || "0", 8);
}

/** The sum of all bytes, with the checksum's own taken for blanks. */
function sumOf(block: Uint8Array): number {
  const [start, length] = CHECKSUM;
  const BLANK = 0x20;
  return block.reduce((sum, byte, index) =>
    sum + (index >= start && index < start + length ? BLANK : byte)
  );
}
