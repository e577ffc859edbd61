import { assertEquals } from "@std/assert";
import type { TarEntry } from "../../src/formats/tar/tar_entry.ts";
import { listSpoolEntries } from "../../src/unpack/unpack_spool.ts";
import { LayerTree } from "../../src/unpack/unpack_tree.ts";

const ENTRY: TarEntry = {
  name: "as in the archive",
  type: "directory",
  linkName: "",
  size: 0,
  mode: 0o751,
  uid: 3,
  gid: 4,
  mtime: 5,
  mtimeNs: 6,
  major: 0,
  minor: 0,
};
const SYMLINK: TarEntry = { ...ENTRY, type: "symlink", linkName: "x" };
const OPAQUE = [["trusted.overlay.opaque", "y"]] as const;

/** Type, name, link, mode, owner, time and attributes. */
function describe(entry: TarEntry): readonly unknown[] {
  const { type, name, linkName, mode, uid, gid, mtime, mtimeNs } = entry;
  // What the archive does not say is from now.
  const time = mtime > ENTRY.mtime && mtimeNs === 0
    ? "now"
    : `${mtime}.${mtimeNs}`;
  const facts = [type, name, linkName, mode, `${uid}:${gid}`, time];
  assertEquals([entry.size, entry.major, entry.minor], [0, 0, 0]);
  return [...facts, ...entry.xattrs ?? []];
}

Deno.test("listSpoolEntries() lists links after files, and directories last", () => {
  const tree = new LayerTree("/diff", () => {});
  const { root } = tree;
  tree.add(root, "h", { kind: "spooled-link", target: "./d/l" });
  const d = tree.addDirectory(root, "d", ENTRY);
  tree.add(d, "l", { kind: "special", entry: SYMLINK });
  tree.add(d, "gone", { kind: "whiteout", entry: ENTRY });
  tree.add(d, "on disk", "file");
  tree.add(d, "spooled", "spooled 644 0 0 0 0");
  tree.addDirectory(tree.addDirectory(d, "implied"), "e", {
    ...ENTRY,
    xattrs: new Map([["user.a", "b"]]),
  });
  assertEquals([...listSpoolEntries(tree)].map(describe), [
    ["symlink", "./d/l", "x", 0o751, "3:4", "5.6"],
    ["char", "./d/gone", "", 0, "3:4", "5.0"],
    ["link", "./h", "./d/l", 0, "0:0", "0.0"],
    ["directory", "./d/implied/e/", "", 0o751, "3:4", "5.6", ["user.a", "b"]],
    ["directory", "./d/", "", 0o751, "3:4", "5.6"],
  ]);
});

Deno.test("listSpoolEntries() marks opaque directories, also implied ones", () => {
  const tree = new LayerTree("/diff", () => {});
  tree.addDirectory(tree.root, "implied").isOpaque = true;
  tree.addDirectory(tree.root, "named", {
    ...ENTRY,
    xattrs: new Map([["user.a", "b"]]),
  }).isOpaque = true;
  tree.root.isOpaque = true;
  assertEquals([...listSpoolEntries(tree)].map(describe), [
    ["directory", "./implied/", "", 0o755, "0:0", "now", ...OPAQUE],
    [
      ...["directory", "./named/", "", 0o751, "3:4", "5.6"],
      ...[["user.a", "b"], ...OPAQUE],
    ],
    ["directory", "./", "", 0o555, "0:0", "now", ...OPAQUE],
  ]);
});

Deno.test("listSpoolEntries() makes implied directories that are not on disk", () => {
  const tree = new LayerTree("/diff", () => {});
  tree.addDirectory(tree.addDirectory(tree.root, "\xff"), "d");
  tree.addDirectory(tree.root, "text");
  assertEquals([...listSpoolEntries(tree)].map(describe), [
    ["directory", "./\xff/d/", "", 0o755, "0:0", "now"],
    ["directory", "./\xff/", "", 0o755, "0:0", "now"],
  ]);
});
