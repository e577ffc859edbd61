/** Layers whose compression is damaged, odd, or a bomb. */

import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import {
  archive,
  dir,
  file,
  fragment,
  latin1,
} from "../../support/images/tar_builder.ts";
import type { HostileLayer } from "./hostile_layer.ts";

const MIB = 1024 * 1024;
const TREE = ["d d", "d/f f"];
const PLAIN = archive(dir("d/"), file("d/f", "x".repeat(1000)));
/** Compression that is damaged, odd, or a bomb. */
export const HOSTILE_COMPRESSION: readonly HostileLayer[] = [
  { name: "gzip", layer: gzip(PLAIN), tree: TREE },
  {
    name: "gzip of several members",
    layer: concatBytes([gzip(PLAIN.slice(0, 700)), gzip(PLAIN.slice(700))]),
    tree: TREE,
  },
  {
    name: "gzip with empty members",
    layer: concatBytes([gzip(latin1("")), gzip(PLAIN), gzip(latin1(""))]),
    tree: TREE,
  },
  {
    name: "gzip with zeros after it",
    layer: concatBytes([gzip(PLAIN), new Uint8Array(3000)]),
    tree: TREE,
    unlikeSkopeo: "it takes them for a member",
  },
  {
    name: "gzip with junk after it",
    layer: concatBytes([gzip(PLAIN), latin1("junk")]),
    refused: "Cannot decompress",
  },
  {
    name: "gzip with zeros and junk after it",
    layer: concatBytes([gzip(PLAIN), new Uint8Array(9), latin1("junk")]),
    refused: "Cannot decompress",
  },
  {
    name: "gzip that is cut short",
    layer: gzip(PLAIN).slice(0, -5),
    refused: "Cannot decompress",
  },
  {
    name: "gzip that is cut in its first header",
    layer: gzip(PLAIN).slice(0, 7),
    refused: "Cannot decompress",
  },
  {
    name: "gzip with a wrong checksum",
    layer: flip(gzip(PLAIN), -6),
    refused: "Cannot decompress",
  },
  {
    name: "gzip with damaged data",
    layer: flip(gzip(PLAIN), 14),
    refused: "Cannot decompress",
  },
  {
    name: "gzip in gzip",
    layer: gzip(gzip(PLAIN)),
    refused: "cut short",
  },
  {
    name: "a gzip bomb",
    layer: () => repeated(gzip(bomb(64 * MIB)), 40),
    limits: { maxUnpackedBytes: 128 * MIB },
    refused: "more than 134217728 bytes",
  },
  { name: "zstd", layer: zstd(PLAIN), tree: TREE },
  {
    name: "zstd of several frames",
    layer: concatBytes([zstd(PLAIN.slice(0, 700)), zstd(PLAIN.slice(700))]),
    tree: TREE,
  },
  {
    name: "zstd with frames to skip",
    layer: concatBytes([
      latin1("\x5a\x2a\x4d\x18\x03\0\0\0abc"),
      zstd(PLAIN.slice(0, 700)),
      latin1("\x50\x2a\x4d\x18\0\0\0\0"),
      zstd(PLAIN.slice(700)),
      latin1("\x5f\x2a\x4d\x18\x01\0\0\0z"),
    ]),
    tree: TREE,
    unlikeSkopeo: "its detection wants another magic number",
  },
  {
    name: "zstd that is cut short",
    layer: zstd(PLAIN).slice(0, -3),
    refused: "cut short",
  },
  {
    name: "zstd that is cut in a frame to skip",
    layer: concatBytes([zstd(PLAIN), latin1("\x50\x2a\x4d\x18\x09\0\0\0ab")]),
    refused: "cut short",
  },
  {
    name: "zstd with junk after it",
    layer: concatBytes([zstd(PLAIN), latin1("junk")]),
    refused: "Cannot decompress",
  },
  {
    name: "zstd with damaged data",
    layer: flip(zstd(PLAIN), 20),
    refused: "",
  },
  {
    name: "zstd with a window of 2 GiB",
    layer: latin1("\x28\xb5\x2f\xfd\x00\xa8\x01\0\0"),
    refused: "Cannot decompress",
  },
  {
    name: "a zstd bomb",
    layer: () => repeated(zstd(bomb(64 * MIB)), 20),
    refused: "more than 2000 bytes for each received",
  },
  {
    name: "xz that is none",
    layer: latin1("\xfd7zXZ\0" + "x".repeat(100)),
    refused: "Cannot decompress the layer: the checksum of a header is wrong",
  },
  {
    name: "bzip2 that is none",
    layer: latin1("BZh91AY&SY" + "x".repeat(100)),
    refused: "Cannot decompress the layer: its bzip2 data are damaged",
  },
  {
    name: "a file that begins as bzip2 does",
    layer: archive(file("BZh91AY&SY", "x")),
    refused: "Cannot decompress the layer: its bzip2 data are damaged",
  },
];

function gzip(bytes: Bytes): Bytes {
  return new Uint8Array(gzipSync(bytes));
}

function zstd(bytes: Bytes): Bytes {
  return new Uint8Array(zstdCompressSync(bytes));
}

/** The start of a file of zeros that does not end in time. */
function bomb(length: number): Bytes {
  const bytes = new Uint8Array(length);
  bytes.set(fragment(file("zeros", "", { size: 2 ** 32 })));
  return bytes;
}

function* repeated(bytes: Bytes, times: number): Generator<Bytes> {
  for (let n = 0; n < times; n++) yield bytes;
}

function flip(bytes: Bytes, at: number): Bytes {
  const copy = bytes.slice();
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 0x55;
  return copy;
}
