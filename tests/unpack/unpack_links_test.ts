import { assertEquals, assertThrows } from "@std/assert";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";

import { unpackBlob } from "../../src/unpack/unpack_blob.ts";
import {
  archive,
  dir,
  file,
  type Member,
  symlink,
} from "../support/images/tar_builder.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const ROOT = needs("root");
// Not for the spool: it is a file at once.
const TEXT = "x".repeat(64 * 1024);

/** Unpacks parts, and lists the files that hold the text. */
function landed(...parts: readonly Member[]): readonly string[] {
  using staging = tempDir();
  const unpacker = unpackBlob({ directory: staging.path });
  unpacker.write(archive(...parts));
  unpacker.finish();
  return list(staging.join("diff"), "");
}

function list(root: string, path: string): readonly string[] {
  return [...Deno.readDirSync(`${root}${path}`)].flatMap((entry) => {
    const own = `${path}/${entry.name}`;
    if (entry.isDirectory) return list(root, own);
    return entry.isFile ? [own] : [];
  });
}

Deno.test({
  name: "unpackLayer() follows links to directories within the layer",
  ...ROOT,
  async fn(t) {
    const base = [dir("a/"), dir("a/b/"), dir("c/")];
    // What a link at a/l holds, and where a/l/f lands.
    const cases: readonly (readonly [string, string])[] = [
      ["b", "/a/b/f"],
      ["./b", "/a/b/f"],
      ["b/", "/a/b/f"],
      ["/c", "/c/f"],
      ["//c", "/c/f"],
      ["../c", "/c/f"],
      ["/a/b", "/a/b/f"],
      ["/a/../c", "/c/f"],
      ["../../../c", "/c/f"],
      ["..", "/f"],
      ["/", "/f"],
      [".", "/a/f"],
    ];
    for (const [target, place] of cases) {
      await t.step(target, () => {
        const link = symlink("a/l", target);
        assertEquals(landed(...base, link, file("a/l/f", TEXT)), [place]);
      });
    }
    await t.step("one after the other", () => {
      const links = [symlink("c/m", "/a/b"), symlink("a/l", "../c/m")];
      assertEquals(landed(...base, ...links, file("a/l/f", TEXT)), ["/a/b/f"]);
    });
  },
});

Deno.test({
  name: "unpackLayer() follows no link to what is no directory",
  ...ROOT,
  async fn(t) {
    const cases: readonly (readonly [string, readonly Member[], string])[] = [
      ["a file", [file("g", TEXT), symlink("l", "g")], "it is not a directory"],
      [
        "a small file",
        [file("g", ""), symlink("l", "g")],
        "it is not a directory",
      ],
      ["nothing", [symlink("l", "gone")], "no such directory"],
      ["itself", [symlink("l", "l")], "too many symlinks"],
      [
        "a circle",
        [symlink("l", "m"), symlink("m", "l")],
        "too many symlinks",
      ],
    ];
    for (const [name, parts, why] of cases) {
      await t.step(name, () => {
        assertThrows(
          () => landed(...parts, file("l/f", TEXT)),
          InvalidLayerError,
          why,
        );
      });
    }
  },
});
