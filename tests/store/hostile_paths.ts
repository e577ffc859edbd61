/** Layers whose names and links try to get out, or at each other. */

import {
  archive,
  dir,
  file,
  gnuLong,
  hardlink,
  pax,
  symlink,
} from "../support/tar_builder.ts";
import type { HostileLayer } from "./hostile_layer.ts";

const LONG = "n".repeat(255);
const DEEP = Array.from({ length: 200 }, () => "deep").join("/");

/** Names that lead out of the layer, or nowhere. */
export const HOSTILE_NAMES: readonly HostileLayer[] = [
  {
    name: "a name that climbs out",
    layer: archive(file("../evil")),
    refused: '"../evil": it leaves the root',
  },
  {
    name: "a name that climbs out from below",
    layer: archive(dir("a/"), file("a/../../evil")),
    refused: "it leaves the root",
  },
  {
    name: "a name that climbs far out",
    layer: archive(file("../../../../../../../../etc/cron.d/evil")),
    refused: "it leaves the root",
  },
  {
    name: "an absolute name that climbs out",
    layer: archive(file("/../evil")),
    refused: "it leaves the root",
  },
  {
    name: "a name that is only two dots",
    layer: archive(dir("..")),
    refused: "it leaves the root",
  },
  {
    name: "a PAX path that climbs out behind a harmless name",
    layer: archive(pax({ path: "../evil" }), file("harmless")),
    refused: "it leaves the root",
  },
  {
    name: "a GNU long name that climbs out",
    layer: archive(gnuLong("L", "../evil"), file("harmless")),
    refused: "it leaves the root",
  },
  {
    name: "a prefix that climbs out",
    layer: archive({ name: "evil", content: "x", prefix: ".." }),
    refused: "it leaves the root",
  },
  {
    name: "a PAX path and a GNU name that differ",
    layer: archive(pax({ path: "one" }), gnuLong("L", "two"), file("three")),
    refused: "two names",
  },
  {
    name: "an absolute name",
    layer: archive(dir("/etc/"), file("/etc/passwd")),
    tree: ["etc d", "etc/passwd f"],
  },
  {
    name: "a name with two slashes before it",
    layer: archive(file("//etc//passwd")),
    tree: ["etc d", "etc/passwd f"],
  },
  {
    name: "a name that goes up and down inside",
    layer: archive(dir("a/"), file("a/../b")),
    tree: ["a d", "b f"],
  },
  {
    name: "a name full of dots and slashes",
    layer: archive(file("./././a//b/./c")),
    tree: ["a d", "a/b d", "a/b/c f"],
  },
  {
    name: "a name of three dots",
    layer: archive(dir(".../"), file(".../...")),
    tree: ["... d", ".../... f"],
  },
  {
    name: "an empty name",
    layer: archive(file("")),
    refused: "the root is no directory",
  },
  {
    name: "a root that is a symlink",
    layer: archive(symlink("./", "/etc"), file("passwd")),
    refused: "the root is no directory",
  },
  {
    name: "a root that is a file",
    layer: archive(file(".")),
    refused: "the root is no directory",
  },
  {
    name: "a NUL in a PAX path",
    layer: archive(pax({ path: "a\0b" }), file("x")),
    refused: "malformed",
  },
  {
    name: "a name of 255 bytes",
    layer: archive(pax({ path: LONG }), file("x")),
    tree: [`${LONG} f`],
  },
  {
    name: "a name of 256 bytes",
    layer: archive(pax({ path: `${LONG}n` }), file("x")),
    refused: "longer than 255 bytes",
  },
  {
    name: "a directory of 256 bytes",
    layer: archive(gnuLong("L", `d/${LONG}n/f`), file("x")),
    refused: "longer than 255 bytes",
  },
  {
    name: "a path of 5000 bytes",
    layer: archive(gnuLong("L", `${"d/".repeat(2500)}f`), file("x")),
    refused: "too long",
  },
  {
    name: "a path that the system finds too long",
    layer: archive(gnuLong("L", `${`${LONG}/`.repeat(15)}${LONG}`), file("x")),
    refused: "too long",
    unlikeSkopeo: "it has no path of its own before the name",
  },
  {
    name: "200 directories in each other",
    layer: archive(pax({ path: `${DEEP}/f` }), file("x")),
    tree: [
      ...Array.from({ length: 200 }, (_, n) => `${DEEP.slice(0, 5 * n + 4)} d`),
      `${DEEP}/f f`,
    ],
  },
  {
    name: "names with newlines and terminal escapes",
    layer: archive(file("a\nb"), file("\x1b[2Jc")),
    tree: ["\x1b[2Jc f", "a\nb f"],
  },
  {
    name: "names that start with a dash",
    layer: archive(symlink("--checkpoint-action=exec=sh", "x"), dir("-C/")),
    tree: ["--checkpoint-action=exec=sh l x", "-C d"],
  },
  {
    name: "names that differ in case",
    layer: archive(file("readme", "1"), file("README", "2"), file("ReadMe")),
    tree: ["README f", "ReadMe f", "readme f"],
  },
  {
    name: "a name that is not UTF-8",
    layer: archive(file("latin1-\xe9")),
    tree: ["latin1-\xe9 f"],
  },
  {
    name: "a directory that is not UTF-8, with all in it",
    layer: archive(
      dir("\xff\xfe/", { mode: 0o700 }),
      file("\xff\xfe/a", "x"),
      dir("\xff\xfe/sub/"),
      symlink("\xff\xfe/sub/l", "../a"),
      hardlink("\xff\xfe/sub/h", "\xff\xfe/a"),
      file("\xff\xfe/empty", ""),
    ),
    tree: [
      "\xff\xfe d",
      "\xff\xfe/a f",
      "\xff\xfe/empty f",
      "\xff\xfe/sub d",
      "\xff\xfe/sub/h f",
      "\xff\xfe/sub/l l ../a",
    ],
  },
  {
    name: "a directory that is not UTF-8 and has no entry",
    layer: archive(file("\xc3\x28/a", "x")),
    tree: ["\xc3\x28 d", "\xc3\x28/a f"],
  },
  {
    name: "UTF-8, a surrogate encoded as if it were, and a mark of order",
    layer: archive(
      file("\xc3\xa9"),
      file("\xed\xa0\x80"),
      file("\xef\xbb\xbfx"),
    ),
    tree: ["\xc3\xa9 f", "\xed\xa0\x80 f", "\xef\xbb\xbfx f"],
  },
];

/** Links that lead out, in circles, or below themselves. */
export const HOSTILE_LINKS: readonly HostileLayer[] = [
  {
    name: "a file below a symlink to the host's root",
    layer: archive(symlink("esc", "/"), file("esc/evil")),
    tree: ["esc l /", "evil f"],
  },
  {
    name: "a file below a symlink to the host's directory",
    layer: archive(symlink("esc", "/tmp"), file("esc/evil")),
    refused: "no such directory",
  },
  {
    name: "a file below a symlink that climbs",
    layer: archive(symlink("esc", "../../../../.."), file("esc/evil")),
    tree: ["esc l ../../../../..", "evil f"],
  },
  {
    name: "a file below a chain of symlinks that climbs",
    layer: archive(
      dir("a/"),
      symlink("a/b", ".."),
      symlink("a/c", "b/../.."),
      file("a/c/evil"),
    ),
    tree: ["a d", "a/b l ..", "a/c l b/../..", "evil f"],
  },
  {
    name: "a file below a symlink to a directory of the layer",
    layer: archive(dir("usr/lib/"), symlink("lib", "usr/lib"), file("lib/x")),
    tree: ["lib l usr/lib", "usr d", "usr/lib d", "usr/lib/x f"],
  },
  {
    name: "a file below an absolute symlink to a directory of the layer",
    layer: archive(dir("usr/lib/"), symlink("lib", "/usr/lib"), file("lib/x")),
    tree: ["lib l /usr/lib", "usr d", "usr/lib d", "usr/lib/x f"],
  },
  {
    name: "a missing directory below a symlink",
    layer: archive(dir("usr/"), symlink("l", "usr"), file("l/new/x")),
    tree: ["l l usr", "usr d", "usr/new d", "usr/new/x f"],
  },
  {
    name: "a file below a symlink to nothing",
    layer: archive(symlink("l", "nowhere"), file("l/x")),
    refused: "no such directory",
  },
  {
    name: "a file below a symlink to itself",
    layer: archive(symlink("l", "l"), file("l/x")),
    refused: "too many symlinks",
  },
  {
    name: "a file below symlinks to each other",
    layer: archive(symlink("a", "b"), symlink("b", "a"), file("a/x")),
    refused: "too many symlinks",
  },
  {
    name: "a file below a symlink that doubles itself",
    layer: archive(symlink("l", "l/l"), file("l/x")),
    refused: "too many symlinks",
  },
  {
    name: "a file below a file",
    layer: archive(file("f"), file("f/x")),
    refused: "not a directory",
  },
  {
    name: "a file below a symlink to a file",
    layer: archive(file("f"), symlink("l", "f"), file("l/x")),
    refused: "not a directory",
  },
  {
    name: "a file below a fifo",
    layer: archive({ name: "p", type: "6" }, file("p/x")),
    refused: "not a directory",
  },
  {
    name: "a symlink with an absurd target",
    layer: archive(symlink("l", "../../../etc/shadow"), symlink("m", "\xff\n")),
    tree: ["l l ../../../etc/shadow", "m l \xff\n"],
  },
  {
    name: "a symlink to nothing at all",
    layer: archive(symlink("l", "")),
    refused: "symlink to nothing",
  },
  {
    name: "a hard link that climbs out",
    layer: archive(hardlink("h", "../../../../etc/passwd")),
    refused: "it leaves the root",
  },
  {
    name: "a hard link to the host's file",
    layer: archive(hardlink("h", "/etc/passwd")),
    refused: "no such directory",
  },
  {
    name: "a hard link through a symlink to the host's directory",
    layer: archive(symlink("etc", "/etc"), hardlink("h", "etc/passwd")),
    refused: "",
  },
  {
    name: "a hard link to a file of a lower layer",
    layer: archive(hardlink("h", "below")),
    refused: "what this layer does not hold",
  },
  {
    name: "a hard link to a later file",
    layer: archive(hardlink("h", "f"), file("f")),
    refused: "what this layer does not hold",
  },
  {
    name: "a hard link to itself",
    layer: archive(hardlink("h", "h")),
    refused: "what this layer does not hold",
  },
  {
    name: "a hard link to a directory",
    layer: archive(dir("d/"), hardlink("h", "d")),
    refused: "hard link to a directory",
  },
  {
    name: "a hard link to the root",
    layer: archive(hardlink("h", "/")),
    refused: "",
  },
  {
    name: "hard links to what only the spool holds",
    layer: archive(
      symlink("l", "/etc/shadow"),
      hardlink("l2", "l"),
      hardlink("l3", "l2"),
      { name: "p", type: "6" },
      hardlink("p2", "./p"),
      { name: "c", type: "3", major: 1, minor: 3 },
      hardlink("c2", "/c"),
    ),
    tree: [
      "c c 1:3",
      "c2 c 1:3",
      "l l /etc/shadow",
      "l2 l /etc/shadow",
      "l3 l /etc/shadow",
      "p p",
      "p2 p",
    ],
  },
  {
    name: "a hard link through a symlink in the layer",
    layer: archive(
      dir("d/"),
      file("d/f"),
      symlink("s", "/d"),
      hardlink("h", "s/f"),
    ),
    tree: ["d d", "d/f f", "h f", "s l /d"],
  },
];
