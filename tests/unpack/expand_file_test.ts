import { assert, assertEquals, assertThrows } from "@std/assert";
import { readdirSync } from "node:fs";
import { zstdCompressSync } from "node:zlib";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import { concatBytes, toBytes } from "../../src/formats/bytes.ts";
import { expandFile } from "../../src/unpack/expand_file.ts";
import { tempDir } from "../support/temp_dir.ts";

const PLAIN = toBytes("what is inside ".repeat(100_000));
const PACKED = new Uint8Array(zstdCompressSync(PLAIN));

Deno.test("expandFile() decompresses a part of a file", () => {
  using dir = tempDir();
  const { path, offset } = writeBetween(dir.path, PACKED);
  const told: number[] = [];
  const job = { path, offset, size: PACKED.length, target: dir.join("plain") };
  const size = expandFile(job, (bytes) => void told.push(bytes));
  assertEquals([size, told.at(-1)], [PLAIN.length, PLAIN.length]);
  assertEquals(Deno.readFileSync(job.target), PLAIN);
});

Deno.test("expandFile() ends with what it is told, or what is wrong", () => {
  using dir = tempDir();
  const { path, offset } = writeBetween(dir.path, PACKED);
  const cut = { path, offset, size: PACKED.length - 1 };
  assertThrows(
    () => expandFile({ ...cut, target: dir.join("cut") }, () => {}),
    InvalidLayerError,
  );
  const job = { ...cut, size: PACKED.length, target: dir.join("plain") };
  const stop = () => {
    throw new Error("enough");
  };
  assertThrows(() => expandFile(job, stop), Error, "enough");
  assertThrows(() => expandFile(job, () => {}), Error, "EEXIST");
});

Deno.test("expandFile() reports how far it is, and leaves no file open", () => {
  using dir = tempDir();
  const { path, offset } = writeBetween(dir.path, PACKED);
  const countOpen = () => readdirSync("/proc/self/fd").length;
  const before = countOpen();
  const told: number[] = [];
  const job = { path, offset, size: PACKED.length, target: dir.join("a") };
  expandFile(job, (bytes) => void told.push(bytes));
  // Each 256 KiB, and the end.
  const whole = Math.floor(PLAIN.length / 262_144);
  const expected = Array.from({ length: whole }, (_, n) => (n + 1) * 262_144);
  assert(whole > 4);
  assertEquals(told, [...expected, PLAIN.length]);
  assertEquals(countOpen(), before);
  const cut = { ...job, size: PACKED.length - 1, target: dir.join("b") };
  assertThrows(() => expandFile(cut, () => {}), InvalidLayerError, "cut short");
  const beyond = { ...job, size: 1e9, target: dir.join("c") };
  assertThrows(() => expandFile(beyond, () => {}), InvalidLayerError);
  assertThrows(() => expandFile(job, () => {}), Error, "EEXIST");
  const none = { ...job, path: dir.join("none"), target: dir.join("d") };
  assertThrows(() => expandFile(none, () => {}), Error, "ENOENT");
  assertEquals(countOpen(), before);
  // What is as it is: of no compression that is known.
  const text = { path, offset: 0, size: 6, target: dir.join("e") };
  assertEquals(expandFile(text, () => {}), 6);
  assertEquals(Deno.readTextFileSync(text.target), "before");
});

function writeBetween(directory: string, bytes: Uint8Array) {
  const path = `${directory}/file`;
  const before = toBytes("before");
  Deno.writeFileSync(path, concatBytes([before, bytes, toBytes("after")]));
  return { path, offset: before.length };
}
