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
