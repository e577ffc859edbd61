import { assert, assertEquals, assertThrows } from "@std/assert";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import { type Bytes, concatBytes, toText } from "../../src/formats/bytes.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import {
  unpackBlob,
  type UnpackedLayer,
} from "../../src/unpack/unpack_blob.ts";
import {
  archive,
  dir,
  file,
  hardlink,
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

function unpack(layer: Bytes, directory: string): UnpackedLayer {
  const unpacker = unpackBlob({ directory });
  unpacker.write(layer);
  return unpacker.finish();
}
