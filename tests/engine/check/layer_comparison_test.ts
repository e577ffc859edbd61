import { assertEquals, assertThrows } from "@std/assert";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { TarScanner } from "../../../src/formats/tar/tar_scanner.ts";
import {
  type ComparisonOptions,
  LayerComparison,
  tolerant,
} from "../../../src/engine/check/layer_comparison.ts";
import { unpackBlob } from "../../../src/unpack/unpack_blob.ts";
import {
  archive,
  dir,
  file,
  hardlink,
  type Member,
  symlink,
} from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const LARGE = "x".repeat(64 * 1024);
// All of them are made without a spool.
const PLAIN = [
  dir("./"),
  file("d/f", LARGE),
  hardlink("d/h", "d/f"),
  file("e", "", { uid: 7, gid: 8, mode: 0o4750 }),
];

function compare(
  layer: Bytes,
  root: string,
  options: ComparisonOptions = { owners: "as-in-archive" },
): readonly string[] {
  const comparison = new LayerComparison(root, options);
  const scanner = new TarScanner(comparison);
  scanner.write(layer);
  scanner.end();
  return comparison.finish();
}

function unpack(dir: TempDir, parts: readonly Member[]): Bytes {
  const layer = archive(...parts);
  const unpacker = unpackBlob({ directory: dir.path });
  unpacker.write(layer);
  unpacker.finish();
  return layer;
}

Deno.test({
  name: "LayerComparison finds what is not as in the archive",
  ...needs("root"),
  async fn(t) {
    type Change = (path: (name: string) => string) => void;
    const cases: readonly (readonly [string, Change, readonly string[]])[] = [
      ["nothing", () => {}, []],
      ["as much of other content, which others compare", (path) => {
        Deno.writeTextFileSync(path("d/f"), LARGE.replaceAll("x", "y"));
      }, []],
      ["a shorter file", (path) => Deno.truncateSync(path("d/f"), 5), [
        "d/f: it has 5 bytes, not 65536",
      ]],
      ["a file less", (path) => Deno.removeSync(path("e")), [
        "e: it is missing",
      ]],
      ["a folder less", (path) => {
        Deno.removeSync(path("d"), { recursive: true });
      }, ["d/f: it is missing", "d/h: it is missing"]],
      ["another mode", (path) => Deno.chmodSync(path("e"), 0o750), [
        "e: its mode is 0750, not 4750",
      ]],
      ["another user", (path) => {
        Deno.chownSync(path("e"), 9, 8);
        Deno.chmodSync(path("e"), 0o4750);
      }, ["e: it belongs to 9:8, not 7:8"]],
      ["another group", (path) => {
        Deno.chownSync(path("e"), 7, 9);
        Deno.chmodSync(path("e"), 0o4750);
      }, ["e: it belongs to 7:9, not 7:8"]],
      ["a folder for a file", (path) => {
        Deno.removeSync(path("e"));
        Deno.mkdirSync(path("e"));
      }, ["e: it is a directory, not a file"]],
      ["a symlink for a file", (path) => {
        Deno.removeSync(path("e"));
        Deno.symlinkSync("d/f", path("e"));
      }, ["e: it is a symlink, not a file"]],
      ["a copy for a link", (path) => {
        Deno.removeSync(path("d/h"));
        Deno.copyFileSync(path("d/f"), path("d/h"));
      }, ["d/h: it is no link to d/f any more"]],
      ["files more", (path) => {
        Deno.writeTextFileSync(path("d/more"), "");
        Deno.mkdirSync(path("new"));
        Deno.writeTextFileSync(path("new/x"), "");
      }, [
        "d/more: the image has no such file",
        "new: the image has no such file",
      ]],
    ];
    for (const [name, change, expected] of cases) {
      await t.step(name, () => {
        using staging = tempDir();
        const layer = unpack(staging, PLAIN);
        change((path) => staging.join("diff", path));
        const found = compare(layer, staging.join("diff"));
        assertEquals(found.toSorted(), expected);
      });
    }
  },
});

Deno.test({
  name: "LayerComparison passes over owners where they are others",
  ...needs("root"),
  fn() {
    using staging = tempDir();
    const layer = unpack(staging, PLAIN);
    Deno.chownSync(staging.join("diff", "e"), 100_007, 100_008);
    Deno.chmodSync(staging.join("diff", "e"), 0o4750);
    const root = staging.join("diff");
    assertEquals(compare(layer, root, { owners: "any" }), []);
    Deno.chmodSync(staging.join("diff", "e"), 0o750);
    assertEquals(compare(layer, root, { owners: "any" }), [
      "e: its mode is 0750, not 4750",
    ]);
  },
});

Deno.test("LayerComparison compares where symlinks point", async (t) => {
  // Of no other user: that takes root.
  const [uid = 0, gid = 0] = [Deno.uid() ?? 0, Deno.gid() ?? 0];
  const layer = archive(symlink("l", "a/ä", { uid, gid }));
  // Names are bytes.
  const bytes = archive(symlink("l", "a/\xc3\xa4", { uid, gid }));
  const cases: readonly (readonly [string, Bytes, readonly string[]])[] = [
    ["a/ä", bytes, []],
    ["a/ä", layer, ["l: it points elsewhere"]],
    ["a/b", bytes, ["l: it points elsewhere"]],
  ];
  for (const [target, tar, expected] of cases) {
    await t.step(`${target} ${expected}`, () => {
      using root = tempDir();
      Deno.symlinkSync(target, root.join("l"));
      assertEquals(compare(tar, root.path), expected);
    });
  }
});

Deno.test("LayerComparison looks for no files of marks, and for all others", async (t) => {
  const [uid = 0, gid = 0] = [Deno.uid() ?? 0, Deno.gid() ?? 0];
  const own = { uid, gid };
  const cases: readonly (readonly [string, readonly Member[], string])[] = [
    ["a whiteout", [file(".wh.gone", "")], "gone"],
    ["a whiteout in a folder", [file("d/.wh.gone", "")], "d/gone"],
    ["an opaque folder", [dir("d/", own), file("d/.wh..wh..opq", "")], "d/"],
    ["metadata of AUFS", [file(".wh..wh.aufs", "")], ""],
    ["sources of links", [file(".wh..wh.plnk/1.2", "")], ".wh..wh.plnk"],
    ["a name that is no text", [file("\xff", "")], ""],
  ];
  for (const [name, parts, made] of cases) {
    await t.step(name, () => {
      using root = tempDir();
      const path = root.join(made);
      Deno.mkdirSync(
        made.includes("/") ? path.replace(/[^/]*$/, "") : root.path,
        {
          recursive: true,
        },
      );
      if (made !== "" && !made.endsWith("/")) Deno.writeTextFileSync(path, "");
      if (made === "d/") Deno.chmodSync(root.join("d"), 0o755);
      assertEquals(compare(archive(...parts), root.path), []);
      Deno.writeTextFileSync(root.join("other"), "");
      assertEquals(compare(archive(...parts), root.path), [
        "other: the image has no such file",
      ]);
    });
  }
});

Deno.test("LayerComparison reports twenty files, and of how many more", () => {
  using root = tempDir();
  const missing = (count: number) =>
    archive(...Array.from({ length: count }, (_, n) => file(`${n}`, "")));
  assertEquals(compare(missing(20), root.path).length, 20);
  const told = compare(missing(23), root.path);
  assertEquals(told.length, 21);
  assertEquals(told.at(-2), "19: it is missing");
  assertEquals(told.at(-1), "3 more files are not as they were");
});

Deno.test("LayerComparison knows of no folder, and of one that is a file", () => {
  using dir = tempDir();
  const layer = archive(file("a/b", ""));
  const missing = ["a/b: it is missing"];
  assertEquals(compare(layer, dir.join("none")), missing);
  Deno.writeTextFileSync(dir.join("file"), "");
  assertEquals(compare(layer, dir.join("file")), missing);
});

Deno.test("tolerant() stops where a layer breaks a rule", () => {
  const seen: number[] = [];
  const scan = tolerant((chunk) => {
    seen.push(chunk.length);
    if (chunk.length === 2) throw new InvalidLayerError("a rule");
  });
  const chunks = [1, 2, 3].map((length) => new Uint8Array(length));
  assertEquals(chunks.map(scan), [true, false, false]);
  assertEquals(seen, [1, 2]);
  const failing = tolerant(() => {
    throw new TypeError("a fault");
  });
  assertThrows(() => failing(new Uint8Array(1)), TypeError, "a fault");
});
