import { assert, assertEquals, assertThrows } from "@std/assert";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import { type Bytes, concatBytes, toText } from "../../src/formats/bytes.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import {
  unpackBlob,
  type UnpackedLayer,
} from "../../src/unpack/unpack_blob.ts";
import type { UnpackLimits } from "../../src/unpack/unpack_layer.ts";
import {
  archive,
  dir,
  file,
  hardlink,
  type Member,
  pax,
  symlink,
} from "../support/images/tar_builder.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const ROOT = needs("root");
// Not for the spool.
const LARGE = "x".repeat(64 * 1024);
const PLAIN = archive(
  dir("./", { uid: 9 }),
  dir("d/", { gid: 8 }),
  file("d/f", "hello\n", { uid: 5, mode: 0o4750 }),
  hardlink("d/g", "d/f"),
  file(".wh.gone", "", { uid: 77 }),
);

Deno.test({
  name: "unpackLayer() tells digests, sizes and owners",
  ...ROOT,
  async fn(t) {
    const cases: readonly (readonly [UnpackedLayer["compression"], Bytes])[] = [
      ["none", PLAIN],
      ["gzip", new Uint8Array(gzipSync(PLAIN))],
      ["zstd", new Uint8Array(zstdCompressSync(PLAIN))],
    ];
    for (const [compression, blob] of cases) {
      await t.step(compression, () => {
        using staging = tempDir();
        assertEquals(unpack(blob, staging.path), {
          compressedDigest: digestOf(blob),
          compressedSize: blob.length,
          diffId: digestOf(PLAIN),
          diffSize: PLAIN.length,
          compression,
          // The hard link's header counts, the whiteout's does not.
          uids: [0, 5, 9],
          gids: [0, 8],
          entries: 5,
          unpackedSize: 6,
          hasSpool: true,
        });
      });
    }
  },
});

Deno.test({
  name: "unpackLayer() writes files with owner, mode and time",
  ...ROOT,
  fn() {
    using staging = tempDir();
    const layer = archive(
      pax({ mtime: "1500000000.5" }),
      file("f", LARGE, { uid: 5, gid: 6, mode: 0o4750 }),
    );
    const { hasSpool } = unpack(layer, staging.path);
    assert(!hasSpool);
    const { uid, gid, mode, mtime } = Deno.statSync(staging.join("diff", "f"));
    assertEquals([uid, gid, mode], [5, 6, 0o104750]);
    assertEquals(mtime?.getTime(), 1_500_000_000_500);
    assertEquals(Deno.readTextFileSync(staging.join("diff", "f")), LARGE);
  },
});

Deno.test({
  name: "unpackLayer() lists every member once for tar-split",
  ...ROOT,
  fn() {
    using staging = tempDir();
    unpack(PLAIN, staging.path);
    const packed = Deno.readFileSync(staging.join("tar-split.gz"));
    const lines = toText(gunzipSync(packed)).trimEnd().split("\n");
    const files = lines.map((line) => JSON.parse(line)).filter(({ type }) =>
      type === 1
    );
    assertEquals(
      files.map(({ name, size, payload }) => [name, size ?? 0, payload]),
      [
        ["./", 0, null],
        ["d/", 0, null],
        ["d/f", 6, "YUw+7uLYEAA="],
        ["d/g", 0, null],
        [".wh.gone", 0, null],
      ],
    );
  },
});

Deno.test({
  name: "unpackLayer() puts content that no file keeps into tar-split",
  ...ROOT,
  fn() {
    using staging = tempDir();
    const layer = archive(
      dir("d/"),
      symlink("l", "/d"),
      file("l/through", "through a symlink"),
      file(".wh.gone", "in a whiteout"),
    );
    unpack(layer, staging.path);
    const packed = Deno.readFileSync(staging.join("tar-split.gz"));
    const lines = toText(gunzipSync(packed)).trimEnd().split("\n");
    const segments = lines.map((line) => JSON.parse(line)).flatMap((line) =>
      line.type === 2 ? [Uint8Array.fromBase64(line.payload)] : []
    );
    assertEquals(concatBytes(segments), layer);
  },
});

Deno.test({
  name: "unpackLayer() refuses bombs",
  ...ROOT,
  fn() {
    using staging = tempDir();
    const layer = archive(file("f", "x".repeat(5000)));
    const limits = { maxUnpackedBytes: 4000 };
    const unpacker = unpackBlob({ directory: staging.path }, limits);
    assertThrows(
      () => unpacker.write(layer),
      InvalidLayerError,
      "Cannot unpack the layer: more than 4000 bytes",
    );
    unpacker.abort();
  },
});

Deno.test({
  name: "unpackLayer() counts entries, and directories that paths imply",
  ...ROOT,
  async fn(t) {
    const cases: readonly (readonly [string, readonly Member[], number])[] = [
      ["files", [file("a", ""), file("b", "")], 2],
      ["a root", [dir("./"), file("a", "")], 2],
      ["implied directories", [file("d/e/f", "")], 3],
      ["one implied twice", [file("d/f", ""), file("d/g", "")], 3],
      ["one that is named later", [file("d/f", ""), dir("d/")], 3],
      ["whiteouts", [file(".wh.a", ""), file("d/.wh..wh..opq", "")], 3],
    ];
    for (const [name, parts, count] of cases) {
      await t.step(name, () => {
        using most = tempDir();
        unpack(archive(...parts), most.path, { maxEntries: count });
        using less = tempDir();
        assertThrows(
          () => unpack(archive(...parts), less.path, { maxEntries: count - 1 }),
          InvalidLayerError,
          `more than ${count - 1} entries`,
        );
      });
    }
  },
});

Deno.test({
  name: "unpackLayer() adds up what it has unpacked, and who owns it",
  ...ROOT,
  fn() {
    using staging = tempDir();
    const { uids, gids, entries, unpackedSize } = unpack(
      archive(
        file("a", "12345", { uid: 7, gid: 10 }),
        file("b", LARGE, { uid: 100, gid: 9 }),
        file(".wh.c", "hidden", { uid: 50 }),
        file("d/.wh..wh..opq", "hidden", { uid: 51 }),
        file(".wh..wh.aufs", "hidden", { uid: 52 }),
      ),
      staging.path,
    );
    assertEquals([uids, gids, entries], [[7, 100], [9, 10], 5]);
    assertEquals(unpackedSize, 5 + LARGE.length);
  },
});

Deno.test({
  name: "unpackLayer() takes what the root is from / alone",
  ...ROOT,
  async fn(t) {
    const root = { uid: 3, gid: 4, mode: 0o711, mtime: 5 };
    const cases: readonly (readonly [string, boolean])[] = [
      ["/", true],
      ["./", false],
      [".", false],
    ];
    for (const [name, isTaken] of cases) {
      await t.step(name, () => {
        using staging = tempDir();
        const found = unpack(archive(dir(name, root)), staging.path).root;
        assertEquals(found, isTaken ? root : undefined);
      });
    }
    await t.step("a file", () => {
      using staging = tempDir();
      assertThrows(
        () => unpack(archive(file("./", "x")), staging.path),
        InvalidLayerError,
        "the root is no directory",
      );
    });
  },
});

Deno.test({
  name: "unpackLayer() reports the parts of large files",
  ...ROOT,
  async fn(t) {
    const part = 32 * 1024 * 1024;
    const more = part + 256 * 1024 - 512;
    // Its size, and of which parts it is told.
    const cases: readonly (readonly [number, readonly number[]])[] = [
      [512 * 1024 - 1, []],
      [512 * 1024, [512 * 1024]],
      [part, [part, 0]],
      // It comes 256 KiB at a time, the first with its header.
      [more + 5, [more, 5]],
    ];
    for (const [size, parts] of cases) {
      await t.step(`${size}`, () => {
        using staging = tempDir();
        const told: (readonly [string, number])[] = [];
        const unpacker = unpackBlob({
          directory: staging.path,
          onWritten: (...one) => void told.push(one),
        });
        unpacker.write(archive(file("f", "x".repeat(size))));
        unpacker.finish();
        const path = staging.join("diff", "f");
        assertEquals(told, parts.map((bytes) => [path, bytes] as const));
      });
    }
  },
});

function unpack(
  layer: Bytes,
  directory: string,
  limits: UnpackLimits = {},
): UnpackedLayer {
  const unpacker = unpackBlob({ directory }, limits);
  unpacker.write(layer);
  return unpacker.finish();
}
