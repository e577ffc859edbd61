import { assert, assertEquals, assertThrows } from "@std/assert";
import { zstdCompressSync } from "node:zlib";
import { unpackBlob } from "../../src/unpack/unpack_blob.ts";
import { archive, file } from "../support/images/tar_builder.ts";
import { tempDir } from "../support/temp_dir.ts";

const MIB = 1024 * 1024;

Deno.test("unpackBlob() can be stopped amid few bytes that unpack to many", () => {
  using dir = tempDir();
  const tar = archive(file("zeros", "\0".repeat(20 * MIB)));
  const blob = new Uint8Array(zstdCompressSync(tar));
  assert(blob.length < 10_000);
  let calls = 0;
  const unpacker = unpackBlob({
    directory: dir.path,
    onArchive() {
      if (++calls === 5) throw new Error("stopped");
    },
  });
  assertThrows(() => unpacker.write(blob), Error, "stopped");
  unpacker.abort();
  const { size } = Deno.statSync(`${dir.path}/diff/zeros`);
  assertEquals([calls, size < 2 * MIB], [5, true]);
});

Deno.test("unpackBlob() reports each 256 KiB of the archive", () => {
  for (const step of [1000, 256 * 1024, Infinity]) {
    using dir = tempDir();
    const content = "x".repeat(MIB - 512);
    const tar = archive(file("f", content));
    assertEquals(tar.length, MIB + 1024);
    const filled: number[] = [];
    let written = 0;
    const unpacker = unpackBlob({
      directory: dir.path,
      onArchive: () => void filled.push(written),
    });
    const width = Math.min(step, tar.length);
    for (let at = 0; at < tar.length; at += width) {
      const part = tar.slice(at, at + width);
      written += part.length;
      unpacker.write(part);
    }
    const { diffSize, compressedSize } = unpacker.finish();
    assertEquals([diffSize, compressedSize], [tar.length, tar.length]);
    assertEquals(filled.length, 4);
    assertEquals(
      filled.map((bytes, index) => bytes >= (index + 1) * MIB / 4),
      [true, true, true, true],
    );
    assertEquals(Deno.readTextFileSync(dir.join("diff", "f")), content);
  }
});
