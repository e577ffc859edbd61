import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import type { TarEntry } from "../../src/formats/tar/tar_entry.ts";
import {
  findNode,
  isSpooledFile,
  type LayerDirectory,
  type LayerNode,
  LayerTree,
  listTree,
} from "../../src/unpack/unpack_tree.ts";

const ENTRY: TarEntry = {
  name: "",
  type: "symlink",
  linkName: "",
  size: 0,
  mode: 0o777,
  uid: 0,
  gid: 0,
  mtime: 0,
  mtimeNs: 0,
  major: 0,
  minor: 0,
};

function link(linkName: string): LayerNode {
  return { kind: "special", entry: { ...ENTRY, linkName } };
}

function makeTree(): { readonly tree: LayerTree; readonly made: string[] } {
  const made: string[] = [];
  const tree = new LayerTree("/diff", ({ path }) => void made.push(path));
  const a = tree.addDirectory(tree.root, "a");
  tree.addDirectory(a, "b");
  tree.add(a, "f", "file");
  tree.add(a, "s", "spooled 644 0 0 0 0");
  tree.add(a, "p", {
    kind: "special",
    entry: { ...ENTRY, type: "fifo", linkName: "b" },
  });
  tree.add(a, "h", { kind: "spooled-link", target: "./a/p" });
  tree.add(tree.root, "up", link("a/b/.."));
  tree.add(tree.root, "abs", link("/a"));
  tree.add(a, "rel", link("b"));
  tree.add(tree.root, "self", link("self"));
  // 40 links on the way, and 41.
  tree.add(tree.root, "l1", link("a"));
  for (let n = 2; n <= 41; n++) tree.add(tree.root, `l${n}`, link(`l${n - 1}`));
  made.length = 0;
  return { tree, made };
}

Deno.test("findDirectory() goes through symlinks, and says so", async (t) => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["", ".", false],
    ["a", "./a", false],
    ["a/b", "./a/b", false],
    ["up", "./a", true],
    ["up/b", "./a/b", true],
    ["abs/b", "./a/b", true],
    ["a/rel", "./a/b", true],
    ["l40", "./a", true],
  ];
  for (const missing of ["create", "refuse"] as const) {
    for (const [path, expected, isAliased] of cases) {
      await t.step(`${missing} ${path}`, () => {
        const { tree, made } = makeTree();
        const found = tree.findDirectory(path, missing);
        assertEquals(
          [found.directory.path, found.isAliased],
          [expected, isAliased],
        );
        assertEquals(tree.findDirectory(path, missing), found);
        assertEquals(made, []);
      });
    }
  }
});

Deno.test("findDirectory() makes what paths name, and not what links name", async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["new", ["./new"]],
    ["a/new/er", ["./a/new", "./a/new/er"]],
    ["abs/b/new", ["./a/b/new"]],
    ["up/new", ["./a/new"]],
  ];
  for (const [path, expected] of cases) {
    await t.step(path, () => {
      const { tree, made } = makeTree();
      assertThrows(
        () => tree.findDirectory(path, "refuse"),
        InvalidLayerError,
        `"${path}": no such directory`,
      );
      assertEquals(made, []);
      const { directory } = tree.findDirectory(path, "create");
      assertEquals([made, directory.path], [expected, expected.at(-1)]);
      const disk = `/diff${expected.at(-1)?.slice(1)}`;
      assertEquals(directory.diskPath, disk);
    });
  }
  await t.step("a link to what is missing", () => {
    const { tree, made } = makeTree();
    tree.add(tree.root, "gone", link("none/x"));
    assertThrows(
      () => tree.findDirectory("gone/x", "create"),
      InvalidLayerError,
      "no such directory",
    );
    assertEquals(made, []);
  });
});

Deno.test("findDirectory() refuses what is none", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["a/f", "it is not a directory"],
    ["a/s/x", "it is not a directory"],
    ["a/p", "it is not a directory"],
    ["a/h", "it is not a directory"],
    ["self", "too many symlinks"],
    ["l41", "too many symlinks"],
  ];
  for (const [path, why] of cases) {
    await t.step(path, () => {
      const { tree } = makeTree();
      for (const missing of ["create", "refuse"] as const) {
        assertThrows(
          () => tree.findDirectory(path, missing),
          InvalidLayerError,
          `entry "${path}": ${why}`,
        );
      }
    });
  }
});

Deno.test("findDirectory() answers again after something is removed", () => {
  const { tree } = makeTree();
  const old = tree.findDirectory("a/b", "create").directory;
  tree.remove(tree.findDirectory("a", "create").directory, "b");
  assertThrows(() => tree.findDirectory("a/b", "refuse"), InvalidLayerError);
  tree.findDirectory("a/b", "create");
  tree.remove(tree.root, "a");
  assertEquals(findNode(tree.root, "a/b"), undefined);
  assert(tree.findDirectory("a/b", "create").directory !== old);
});

Deno.test("listTree() lists directories after what is in them", () => {
  const tree = new LayerTree("/diff", () => {});
  const a = tree.addDirectory(tree.root, "a");
  tree.add(tree.addDirectory(a, "b"), "f", "file");
  tree.addDirectory(a, "empty");
  tree.add(tree.root, "last", "empty-file");
  const listed = [...listTree(tree.root)].map(([parent, name, node]) =>
    `${parent.path}/${name} ${typeof node === "string" ? node : node.kind}`
  );
  assertEquals(listed, [
    "./a/b/f file",
    "./a/b directory",
    "./a/empty directory",
    "./a directory",
    "./last empty-file",
  ]);
});

Deno.test("findNode() follows no symlink", async (t) => {
  const { tree } = makeTree();
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ["a", ".", "a"],
    ["a/b", "./a", "b"],
    ["a/gone", "./a", "gone"],
    ["abs/b", undefined, ""],
    ["a/f/x", undefined, ""],
    ["gone/x", undefined, ""],
  ];
  for (const [path, directory, base] of cases) {
    await t.step(path, () => {
      const found = findNode(tree.root, path);
      assertEquals(found?.directory.path, directory);
      assertEquals(found?.base ?? "", base);
    });
  }
});

Deno.test("what text cannot name has no place on disk, nor has what is below", () => {
  const { tree } = makeTree();
  const odd = tree.addDirectory(tree.root, "\xff");
  const below = tree.addDirectory(odd, "a");
  const umlaut = tree.addDirectory(tree.root, "\xc3\xa4");
  const paths = [odd, below, umlaut].map((
    { path, diskPath, parent }: LayerDirectory,
  ) => [path, diskPath, parent?.path]);
  assertEquals(paths, [
    ["./\xff", undefined, "."],
    ["./\xff/a", undefined, "./\xff"],
    ["./\xc3\xa4", "/diff/ä", "."],
  ]);
});

Deno.test("isSpooledFile() knows files in the spool alone", () => {
  const nodes: readonly LayerNode[] = [
    "file",
    "empty-file",
    "spooled 644 0 0 0 0",
    link("spooled 644"),
    { kind: "spooled-link", target: "./a" },
  ];
  assertEquals(nodes.map(isSpooledFile), [false, false, true, false, false]);
});
