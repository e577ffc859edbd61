/** Layers whose archives lie about themselves. */

import { concatBytes } from "../../../src/formats/bytes.ts";
import {
  archive,
  base256,
  dir,
  file,
  fragment,
  latin1,
  pax,
  rawPax,
} from "../../support/images/tar_builder.ts";
import type { HostileLayer } from "./hostile_layer.ts";

const PLAIN = archive(dir("d/"), file("d/f", "x".repeat(1000)));
const TREE = ["d d", "d/f f"];
const MIB = 1024 * 1024;

/** Archives that are malformed. */
export const HOSTILE_ARCHIVES: readonly HostileLayer[] = [
  { name: "no byte at all", layer: latin1(""), tree: [] },
  { name: "an archive of nothing", layer: archive(), tree: [] },
  { name: "one zero block", layer: new Uint8Array(512), tree: [] },
  { name: "no end", layer: fragment(file("f")), tree: ["f f"] },
  {
    name: "a wrong checksum",
    layer: archive(file("f", "x", { damage: (block) => block[0] = 0x41 })),
    refused: "header at byte 0: its checksum is",
  },
  {
    name: "a wrong checksum in the second header",
    layer: archive(file("f"), file("g", "x", { damage: (b) => b[200] = 1 })),
    refused: "header at byte 1024: its checksum is",
  },
  {
    name: "a checksum that takes bytes as signed",
    layer: archive(file("f", "x", { damage: signChecksum, name: "\xc3\xa9" })),
    tree: ["\xc3\xa9 f"],
  },
  {
    name: "text instead of an archive",
    layer: latin1("<!DOCTYPE html><html>".repeat(100)),
    refused: "header at byte 0",
  },
  {
    name: "a header that is cut short",
    layer: PLAIN.slice(0, 700),
    refused: "cut short",
  },
  {
    name: "content that is cut short",
    layer: PLAIN.slice(0, 1500),
    refused: "cut short",
  },
  {
    name: "padding that is cut short",
    layer: PLAIN.slice(0, 2040),
    tree: TREE,
    unlikeSkopeo: "it unpacks it, and can never export it",
  },
  {
    name: "an extended header without its entry",
    layer: fragment(pax({ path: "x" })),
    tree: [],
  },
  {
    name: "a last file without padding",
    layer: PLAIN.slice(0, 512 + 512 + 1000),
    tree: TREE,
  },
  {
    name: "a last file whose content lacks a byte",
    layer: PLAIN.slice(0, 512 + 512 + 999),
    refused: "cut short",
  },
  ...[1, 100, 511, 513, 1023, 5000].map((length) => ({
    name: `${length} zeros at the end`,
    layer: concatBytes([fragment(file("f")), new Uint8Array(length)]),
    tree: ["f f"],
    ...(length < 1024 && { unlikeSkopeo: "it wants whole blocks" }),
  })),
  {
    name: "less than a block of junk at the end",
    layer: concatBytes([fragment(file("f")), latin1("junk")]),
    refused: "cut short",
  },
  {
    name: "less than a block of junk after a zero block",
    layer: concatBytes([fragment(file("f")), new Uint8Array(512), latin1("j")]),
    refused: "cut short",
  },
  {
    name: "an extended header whose body is cut short",
    layer: fragment(pax({ path: "x".repeat(600) })).slice(0, 1024),
    refused: "cut short",
  },
  {
    name: "an entry after a single zero block",
    layer: concatBytes([new Uint8Array(512), archive(file("f"))]),
    refused: "follows a single zero block",
  },
  {
    name: "an archive after the end",
    layer: concatBytes([archive(file("f")), archive(file("../evil"))]),
    tree: ["f f"],
  },
  {
    name: "junk after the end",
    layer: concatBytes([PLAIN, latin1("junk".repeat(40_000))]),
    tree: TREE,
  },
  {
    name: "a size below zero",
    layer: archive(file("f", "", { size: `${base256(2n ** 95n - 1n, 12)}` })),
    refused: "its size is -1",
  },
  {
    name: "a size of an exabyte",
    layer: archive(file("f", "x", { size: base256(2n ** 60n, 12) })),
    refused: "its size is no number",
  },
  {
    name: "a size that is more than follows",
    layer: archive(file("f", "x", { size: 1_000_000 })),
    refused: "cut short",
  },
  {
    name: "a size that is no octal",
    layer: archive(file("f", "x", { size: "00000000009\0" })),
    refused: "its size is no number",
  },
  {
    name: "a PAX size below zero",
    layer: archive(pax({ size: "-1" }), file("f", "x")),
    refused: "its size is -1",
  },
  {
    name: "a PAX size that is no number",
    layer: archive(pax({ size: "0x10" }), file("f", "x")),
    refused: "PAX size is no number",
  },
  {
    name: "a PAX size that hides entries",
    layer: archive(
      pax({ size: "1024" }),
      { name: "f", size: 0 },
      file("../evil", "x".repeat(512)),
    ),
    tree: ["f f"],
  },
  {
    name: "a PAX header of 2 MiB",
    layer: archive(pax({ comment: "x".repeat(2 * MIB) }), file("f")),
    refused: "too large",
    unlikeSkopeo: "its old version has no such limit",
  },
  {
    name: "a PAX header that states a gigabyte",
    layer: archive({ name: "x", type: "x", size: 2 ** 30 }),
    refused: "too large",
  },
  {
    name: "a GNU long name of 2 MiB",
    layer: archive({ name: "L", type: "L", content: "n/".repeat(MIB) }),
    refused: "too large",
  },
  ...[
    ["without a length", " path=x\n"],
    ["with a length of zero", "0 path=x\n"],
    ["with a length beyond its end", "99 path=x\n"],
    ["with a length below zero", "-9 path=x\n"],
    ["with a length that is huge", "99999999999999999999 path=x\n"],
    ["without an equals sign", "10 path x\n"],
    ["without a key", "5 =x\n"],
    ["without its newline", "9 path=xy"],
    ["that is short", "3 \n"],
  ].map(([name, body]) => ({
    name: `a PAX record ${name}`,
    layer: archive(rawPax(body ?? ""), file("f")),
    refused: "PAX record",
  })),
  {
    name: "too many entries",
    layer: archive(...Array.from({ length: 30 }, (_, n) => file(`f${n}`, ""))),
    limits: { maxEntries: 20 },
    refused: "more than 20 entries",
  },
  {
    name: "too many directories in one entry",
    layer: archive(file("a/a/a/a/a/a/a/a/a/a/a/a/f"), file("b")),
    limits: { maxEntries: 10 },
    refused: "more than 10 entries",
  },
  {
    name: "more bytes than are allowed",
    layer: archive(file("f", "x".repeat(100_000))),
    limits: { maxUnpackedBytes: 50_000 },
    refused: "more than 50000 bytes",
  },
];

function signChecksum(block: Uint8Array): void {
  block.fill(0x20, 148, 156);
  const sum = new Int8Array(block.buffer).reduce((a, b) => a + b, 0);
  block.set(latin1(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
}
