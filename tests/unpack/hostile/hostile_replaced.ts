/** Layers that replace what they have made themselves: the last entry wins. */

import {
  archive,
  dir,
  file,
  hardlink,
  type Member,
  pax,
  symlink,
} from "../../support/images/tar_builder.ts";
import type { HostileLayer } from "./hostile_layer.ts";

/** Small files wait in the spool, but not the first of them. */
const SPOOLED = Array.from({ length: 9 }, (_, n) => file(`s${n}`, `${n}`));
const SPOOLED_TREE = SPOOLED.map(({ name }) => `${name} f`);
const LARGE = "x".repeat(100_000);

const THINGS: Readonly<Record<string, readonly [Member[], string[]]>> = {
  "a file": [[file("p", "file")], ["p f"]],
  "an empty file": [[file("p", "")], ["p f"]],
  "a large file": [[file("p", LARGE)], ["p f"]],
  "a directory": [[dir("p/")], ["p d"]],
  "a full directory": [
    [dir("p/"), file("p/f", "f"), dir("p/d/"), file("p/d/g", LARGE)],
    ["p d", "p/d d", "p/d/g f", "p/f f"],
  ],
  "a symlink": [[symlink("p", "/etc")], ["p l /etc"]],
  "a hard link": [[hardlink("p", "target")], ["p f"]],
  "a fifo": [[{ name: "p", type: "6" }], ["p p"]],
  "a device": [
    [{ name: "p", type: "3", major: 1, minor: 3 }],
    ["p c 1:3"],
  ],
};

/** Each kind of thing after each other one, on the disk and in the spool. */
const PAIRS = Object.entries(THINGS).flatMap(([first, [before]]) =>
  Object.entries(THINGS).flatMap(([second, [after, tree]]) =>
    [[], SPOOLED].map((spooled) => ({
      name: `${first}, then ${second}` +
        (spooled.length > 0 ? ", in the spool" : ""),
      layer: archive(...spooled, file("target"), ...before, ...after),
      tree: [
        ...merged(first, second, tree),
        ...spooled.length > 0 ? SPOOLED_TREE : [],
        "target f",
      ].sort(),
      unlikeSkopeo: "it fails",
    }))
  )
);

function merged(first: string, second: string, tree: string[]): string[] {
  const isMerged = first === "a full directory" && second === "a directory";
  return isMerged ? THINGS[first]?.[1] ?? [] : tree;
}

/** Entries that replace others. */
export const HOSTILE_REPLACED: readonly HostileLayer[] = [
  ...PAIRS,
  {
    name: "a file three times, with links to each",
    layer: archive(
      ...SPOOLED,
      ...["one", "two", "three"].flatMap((content) => [
        file("f", content),
        hardlink(content, "f"),
      ]),
    ),
    tree: [...SPOOLED_TREE, "f f", "one f", "three f", "two f"].sort(),
    unlikeSkopeo: "it fails",
  },
  {
    name: "a directory that comes back, with the names that it had",
    layer: archive(
      dir("d/"),
      file("d/f", "one"),
      file("d/empty", ""),
      symlink("d/l", "one"),
      symlink("d", "x"),
      dir("d/"),
      file("d/f", "two"),
      file("d/empty", "no more"),
      file("d/l", "no symlink"),
      file("d", "a file"),
      dir("d/"),
      file("d/f", "three"),
    ),
    tree: ["d d", "d/f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a name by way of a symlink that is replaced",
    layer: archive(
      dir("a/"),
      symlink("b", "a"),
      file("b/f", "one"),
      dir("b/"),
      file("b/f", "two"),
      file("a/f", "three"),
    ),
    tree: ["a d", "a/f f", "b d", "b/f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a directory that its own file replaces",
    layer: archive(dir("d/"), file("d/f"), hardlink("d", "d/f")),
    refused: "no such directory",
  },
  {
    name: "a file that is replaced by a hard link to itself",
    layer: archive(file("f"), hardlink("f", "f")),
    refused: "what this layer does not hold",
  },
  {
    name: "a file that is replaced by a link to its link",
    layer: archive(file("f"), hardlink("g", "f"), hardlink("f", "g")),
    tree: ["f f", "g f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a linked fifo that a file replaces",
    layer: archive({ name: "p", type: "6" }, hardlink("h", "p"), file("p")),
    refused: '"p": it replaces something that has hard links',
  },
  {
    name: "a directory with a linked fifo that a file replaces",
    layer: archive(
      { name: "d/p", type: "6" },
      hardlink("h", "d/p"),
      file("d"),
    ),
    refused: '"d": it replaces something that has hard links',
  },
  {
    name: "a file with attributes that a file replaces",
    layer: archive(
      pax({ "SCHILY.xattr.user.a": "b" }),
      file("f"),
      file("f", "x"),
    ),
    refused: '"f": it appears twice',
  },
  {
    name: "a directory with such a file that a file replaces",
    layer: archive(file("d/\xff"), file("d")),
    refused: '"d": it appears twice',
  },
  {
    name: "names that are not UTF-8 and hold nothing, replaced",
    layer: archive(
      dir("\xff/"),
      symlink("\xff/l", "x"),
      file("\xff", ""),
      symlink("\xff", "y"),
    ),
    tree: ["\xff l y"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a link in the spool to a file that is replaced",
    layer: archive(file("f", LARGE), hardlink("\xff", "f"), file("f")),
    refused: '"f": it replaces something that has hard links',
  },
  {
    name: "files in the spool that others do not replace",
    layer: archive(
      ...SPOOLED,
      pax({ "SCHILY.xattr.user.a": "b" }),
      file("attributes"),
      pax({ mtime: "1600000000.123456789" }),
      file("time"),
      file("\xff"),
      hardlink("link", "s8"),
      hardlink("\xfe", "s8"),
      file("s0", "again"),
      file("later"),
    ),
    tree: [
      ...SPOOLED_TREE,
      ...["attributes f user.a=b", "later f", "link f", "time f"],
      ...["\xfe f", "\xff f"],
    ].sort(),
    unlikeSkopeo: "it fails",
  },
];
