/** Whatever becomes of a layer, no file stays open. */

import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { readdirSync } from "node:fs";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import type { Bytes } from "../../src/formats/bytes.ts";
import { SpoolWriter } from "../../src/unpack/unpack_spool.ts";
import { LayerTree } from "../../src/unpack/unpack_tree.ts";
import { unspool } from "../../src/unpack/unpack_unspool.ts";
import { unpackBlob } from "../../src/unpack/unpack_blob.ts";
import {
  archive,
  dir,
  file,
  fragment,
  gnuSparse,
  hardlink,
  pax,
  symlink,
} from "../support/images/tar_builder.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

// Not for the spool.
const LARGE = "x".repeat(64 * 1024);
const FIRST = Array.from({ length: 9 }, (_, n) => file(`first${n}`, `${n}`));
const ODD_TIME = pax({ mtime: "1600000000.123456789" });

const LAYERS: Readonly<Record<string, Bytes>> = {
  "files of all kinds": archive(
    ...FIRST,
    dir("d/"),
    file("d/large", LARGE),
    file("d/small", "x"),
    file("d/empty", ""),
    gnuSparse("holes", 100_000, [[0, "a".repeat(512)], [50_000, "b"]]),
    ODD_TIME,
    file("odd", LARGE),
    ODD_TIME,
    gnuSparse("odd holes", 100_000, [[0, "a"], [50_000, "b"]]),
    symlink("l", "d"),
    hardlink("h", "d/large"),
    hardlink("i", "d/small"),
  ),
  "files that are replaced": archive(
    ...FIRST,
    file("a", "small"),
    file("b", LARGE),
    ODD_TIME,
    file("c", "odd"),
    hardlink("h", "first8"),
    file("b", "new"),
    file("a", "x"),
    symlink("b", "a"),
  ),
};

function countOpen(): number {
  return readdirSync("/proc/self/fd").length;
}

for (const [name, layer] of Object.entries(LAYERS)) {
  Deno.test({
    name: `unpackBlob() leaves no file open: ${name}`,
    ...needs("root"),
    async fn(t) {
      const before = countOpen();
      await t.step("at its end", () => {
        using staging = tempDir();
        const unpacker = unpackBlob({ directory: staging.path });
        unpacker.write(layer);
        unpacker.finish();
        assertEquals(countOpen(), before);
        unpacker.abort();
        assertEquals(countOpen(), before);
      });
      await t.step("wherever it is given up", () => {
        for (let at = 0; at < layer.length; at += 1100) {
          using staging = tempDir();
          const unpacker = unpackBlob({ directory: staging.path });
          // In parts, so that they are looked at before the end.
          const filling = new Uint8Array(0);
          unpacker.write(filling);
          unpacker.write(layer.slice(0, at));
          unpacker.abort();
          assertEquals(countOpen(), before, `${at}`);
        }
      });
      await t.step("wherever it is cut short", () => {
        for (let at = 700; at < layer.length - 1024; at += 1100) {
          using staging = tempDir();
          const unpacker = unpackBlob({ directory: staging.path });
          try {
            unpacker.write(layer.slice(0, at));
            unpacker.finish();
          } catch (error) {
            assertInstanceOf(error, InvalidLayerError);
            unpacker.abort();
          }
          assertEquals(countOpen(), before, `${at}`);
        }
      });
    },
  });
}

Deno.test({
  name: "unspool() closes its files if it fails",
  ...needs("root"),
  async fn(t) {
    const cases: Readonly<Record<string, Bytes>> = {
      "amid a file that it makes": fragment(file("./f", LARGE)).slice(0, 9000),
      "amid one that it leaves to tar": fragment(ODD_TIME, file("./f", LARGE))
        .slice(0, 9000),
    };
    const before = countOpen();
    for (const [name, bytes] of Object.entries(cases)) {
      await t.step(name, () => {
        using staging = tempDir();
        const path = staging.join("spool.tar");
        Deno.mkdirSync(staging.join("diff"));
        Deno.writeFileSync(path, bytes);
        const tree = new LayerTree(staging.join("diff"), () => {});
        const spool = { path, open: () => new SpoolWriter(path) };
        assertThrows(
          () => unspool(spool, tree.root, () => {}),
          InvalidLayerError,
          "the archive is cut short",
        );
        assertEquals(countOpen(), before);
      });
    }
  },
});
