import { assert, assertEquals } from "@std/assert";
import type { TarEntry } from "../../src/formats/tar/tar_entry.ts";
import { LayerMarks } from "../../src/unpack/unpack_marks.ts";
import { readName } from "../../src/unpack/unpack_names.ts";
import { LayerTree, listTree } from "../../src/unpack/unpack_tree.ts";

const ENTRY: TarEntry = {
  name: "",
  type: "file",
  linkName: "",
  size: 0,
  mode: 0o644,
  uid: 3,
  gid: 4,
  mtime: -5,
  mtimeNs: 6,
  major: 0,
  minor: 0,
};

/** A tree with `a/b/f`, and a symlink `l`. */
function makeTree(): LayerTree {
  const tree = new LayerTree("/diff", () => {});
  const a = tree.addDirectory(tree.root, "a");
  tree.add(tree.addDirectory(a, "b"), "f", "file");
  const entry: TarEntry = { ...ENTRY, type: "symlink", linkName: "a" };
  tree.add(tree.root, "l", { kind: "special", entry });
  return tree;
}

function addMarks(marks: LayerMarks, names: readonly string[]): boolean[] {
  return names.map((name) => {
    const meaning = readName(name);
    if (meaning.kind === "opaque") return marks.addOpaque(meaning.parent);
    if (meaning.kind !== "whiteout") throw new TypeError(name);
    return marks.addWhiteout(meaning, { ...ENTRY, name });
  });
}

Deno.test("marks hide what is below, and nothing of their own layer", async (t) => {
  // Names, and all that is made or opaque then.
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[".wh.gone"], ["gone whiteout"]],
    [["a/.wh.gone", "a/.wh.too"], ["a/gone whiteout", "a/too whiteout"]],
    [[".wh.a"], ["a opaque"]],
    [["a/b/.wh.f"], []],
    [[".wh.l"], []],
    // Symlinks of this layer hide what is below them.
    [["l/.wh.x"], []],
    [["a/b/f/.wh.x"], []],
    [["l/.wh..wh..opq"], []],
    [["new/er/.wh.x"], ["new made", "new/er made", "new/er/x whiteout"]],
    [["a/.wh..wh..opq"], ["a opaque"]],
    [["new/.wh..wh..opq"], ["new opaque"]],
    [[".wh..wh..opq"], [". opaque"]],
    // Where nothing can be seen of lower layers, a whiteout would be listed.
    [[".wh..wh..opq", ".wh.x", "a/.wh.x"], [". opaque"]],
    [["a/.wh..wh..opq", "a/b/.wh.x", ".wh.x"], ["a opaque", "x whiteout"]],
    [[".wh.a", "a/b/.wh.x"], ["a opaque"]],
    [[".wh.a", "a/b/.wh..wh..opq"], ["a opaque", "a/b opaque"]],
    [[".wh.new", "new/.wh.x"], ["new whiteout"]],
    [[".wh.new", "new/.wh..wh..opq"], ["new whiteout"]],
    [["a/.wh.b", "a/.wh..wh..opq"], ["a opaque", "a/b opaque"]],
  ];
  for (const [names, expected] of cases) {
    await t.step(`${names}`, () => {
      const tree = makeTree();
      const marks = new LayerMarks();
      assertEquals(addMarks(marks, names), names.map(() => true));
      assert(marks.apply(tree));
      assertEquals(listMarks(tree), expected);
    });
  }
});

function listMarks(tree: LayerTree): readonly string[] {
  const known = new Set(["a", "a/b"]);
  const found = [...listTree(tree.root)].flatMap(([{ path }, name, node]) => {
    const own = `${path}/${name}`.slice(2);
    if (typeof node === "string" || node.kind === "special") return [];
    if (node.kind !== "directory") return [`${own} ${node.kind}`];
    if (node.isOpaque) return [`${own} opaque`];
    return known.has(own) ? [] : [`${own} made`];
  });
  return [...tree.root.isOpaque ? [". opaque"] : [], ...found].toSorted();
}

Deno.test("marks are new but once, each in its directory", () => {
  const marks = new LayerMarks();
  const names = [".wh.a", "d/.wh.a", ".wh..wh..opq", "d/.wh..wh..opq"];
  assertEquals(addMarks(marks, names), [true, true, true, true]);
  assertEquals(addMarks(marks, names), [false, false, false, false]);
});

Deno.test("a whiteout has the owner of its entry, and a time that is one", () => {
  const tree = makeTree();
  const marks = new LayerMarks();
  addMarks(marks, [".wh.gone"]);
  marks.apply(tree);
  const node = tree.root.children?.get("gone");
  if (typeof node !== "object" || node.kind !== "whiteout") {
    throw new TypeError("no whiteout");
  }
  const { uid, gid, mtime, mtimeNs } = node.entry;
  assertEquals([uid, gid, mtime, mtimeNs], [3, 4, 0, 0]);
});

Deno.test("a layer without marks is as it was", () => {
  const tree = makeTree();
  assert(!new LayerMarks().apply(tree));
  assertEquals(listMarks(tree), []);
});
