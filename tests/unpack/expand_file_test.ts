import { assertEquals, assertThrows } from "@std/assert";
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

function writeBetween(directory: string, bytes: Uint8Array) {
  const path = `${directory}/file`;
  const before = toBytes("before");
  Deno.writeFileSync(path, concatBytes([before, bytes, toBytes("after")]));
  return { path, offset: before.length };
}
