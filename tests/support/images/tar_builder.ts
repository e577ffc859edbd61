/** Builds archives by hand, also such that no honest program would write. */

import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";

/** A member; what is left out is as in a plain file. */
export interface Member {
  /** A character for each byte. */
  readonly name: string;
  /** The type's character; `"0"`, a file, if left out. */
  readonly type?: string;
  /** What it holds, a character for each byte. */
  readonly content?: string;
  /** The size that its header states; that of `content` if left out. */
  readonly size?: number | string;
  readonly linkName?: string;
  readonly mode?: number;
  readonly uid?: number | string;
  readonly gid?: number;
  readonly mtime?: number | string;
  readonly major?: number;
  readonly minor?: number;
  readonly prefix?: string;
  /** Eight bytes; POSIX's if left out. */
  readonly magic?: string;
  /** Changes the block before its checksum is made. */
  readonly patch?: (block: Uint8Array) => void;
  /** Changes the finished block. */
  readonly damage?: (block: Uint8Array) => void;
}

/** When members are from, in seconds since 1970. */
export const MEMBER_TIME = 1_600_000_000;

const BLOCK_BYTES = 512;

/** A whole archive. */
export function archive(...parts: readonly (Bytes | Member)[]): Bytes {
  return concatBytes([...parts.map(toBytes), new Uint8Array(2 * BLOCK_BYTES)]);
}

/** Parts of an archive, without its end. */
export function fragment(...parts: readonly (Bytes | Member)[]): Bytes {
  return concatBytes(parts.map(toBytes));
}

/** A directory. */
export function dir(name: string, more: Partial<Member> = {}): Member {
  return { name, type: "5", mode: 0o755, ...more };
}

/** A file with content. */
export function file(
  name: string,
  content = "content\n",
  more: Partial<Member> = {},
): Member {
  return { name, content, ...more };
}

/** A symlink. */
export function symlink(
  name: string,
  linkName: string,
  more: Partial<Member> = {},
): Member {
  return { name, type: "2", linkName, mode: 0o777, ...more };
}

/** A hard link. */
export function hardlink(name: string, linkName: string): Member {
  return { name, type: "1", linkName };
}

/** A PAX header for the next member; `g` makes it global. */
export function pax(
  records: Readonly<Record<string, string>>,
  type: "g" | "x" = "x",
): Bytes {
  const content = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length + 1;
    while (`${length}${rest}`.length !== length) length++;
    return `${length}${rest}`;
  }).join("");
  return rawPax(content, type);
}

/** A PAX header with any body. */
export function rawPax(content: string, type: "g" | "x" = "x"): Bytes {
  return toBytes({ name: "pax", type, content });
}

/** A GNU long name (`L`) or link name (`K`) for the next member. */
export function gnuLong(type: "K" | "L", name: string): Bytes {
  return toBytes({ name: "././@LongLink", type, content: `${name}\0` });
}

/** Parts of a sparse file: where, and what is there. */
export type SparseParts = readonly (readonly [at: number, content: string])[];

/**
 * A sparse file in GNU's old format: its map is in its header, and in blocks after.
 *
 * @param patch Changes the block before its checksum is made.
 */
export function gnuSparse(
  name: string,
  realSize: number,
  parts: SparseParts,
  patch: (block: Uint8Array) => void = () => {},
): Bytes {
  const fields = parts.map(([at, content]) =>
    octal(at, 12) + octal(content.length, 12)
  );
  const rest = fields.splice(4);
  const extensions: string[] = [];
  while (rest.length > 0) {
    const map = rest.splice(0, 21).join("").padEnd(504, "\0");
    extensions.push((map + (rest.length > 0 ? "\x01" : "")).padEnd(512, "\0"));
  }
  const content = parts.map(([, content]) => content).join("");
  const member = {
    name,
    type: "S",
    magic: "ustar  \0",
    size: content.length,
    patch(block: Uint8Array) {
      block.set(latin1(fields.join("")), 386);
      block[482] = extensions.length > 0 ? 1 : 0;
      block.set(latin1(octal(realSize, 12)), 483);
      patch(block);
    },
  };
  return concatBytes([
    header(member),
    latin1(extensions.join("")),
    padded(latin1(content)),
  ]);
}

/** A sparse file as in PAX, version 1.0: its map is before its data. */
export function sparse10(
  name: string,
  realSize: number,
  parts: SparseParts,
  records: Readonly<Record<string, string>> = {},
): (Bytes | Member)[] {
  const numbers = parts.flatMap(([at, content]) => [at, content.length]);
  const map = [parts.length, ...numbers].map((n) => `${n}\n`).join("");
  const blocks = Math.ceil(map.length / BLOCK_BYTES);
  return [
    pax({
      ...records,
      "GNU.sparse.major": "1",
      "GNU.sparse.minor": "0",
      "GNU.sparse.realsize": String(realSize),
    }),
    file(
      name,
      map.padEnd(blocks * BLOCK_BYTES, "\0") +
        parts.map(([, content]) => content).join(""),
    ),
  ];
}

/** Bytes of a string with a character for each. */
export function latin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** A number as GNU tar writes those that are too large for octal. */
export function base256(value: bigint, length: number): string {
  const bytes = Array.from({ length }, (_, index) => {
    const byte = Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn);
    return index === 0 ? byte | 0x80 : byte;
  });
  return String.fromCharCode(...bytes);
}

function toBytes(part: Bytes | Member): Bytes {
  if (part instanceof Uint8Array) return part;
  return concatBytes([header(part), padded(latin1(part.content ?? ""))]);
}

function padded(content: Bytes): Bytes {
  const padding = (BLOCK_BYTES - content.length % BLOCK_BYTES) % BLOCK_BYTES;
  return concatBytes([content, new Uint8Array(padding)]);
}

function octal(value: number, length: number): string {
  return value.toString(8).padStart(length - 1, "0") + "\0";
}

function header(member: Member): Bytes {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) => block.set(latin1(text), at);
  const number = (at: number, length: number, value: number | string) =>
    put(
      at,
      typeof value === "string"
        ? value
        : value.toString(8).padStart(length - 1, "0"),
    );
  put(0, member.name);
  number(100, 8, member.mode ?? 0o644);
  number(108, 8, member.uid ?? 0);
  number(116, 8, member.gid ?? 0);
  number(124, 12, member.size ?? (member.content ?? "").length);
  number(136, 12, member.mtime ?? MEMBER_TIME);
  put(148, "        ");
  put(156, member.type ?? "0");
  put(157, member.linkName ?? "");
  put(257, member.magic ?? "ustar\x0000");
  number(329, 8, member.major ?? 0);
  number(337, 8, member.minor ?? 0);
  put(345, member.prefix ?? "");
  member.patch?.(block);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  member.damage?.(block);
  return block;
}
