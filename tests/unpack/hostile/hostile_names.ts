/** Layers whose names try to get out, or to confuse. */

import {
  archive,
  dir,
  file,
  gnuLong,
  hardlink,
  pax,
  symlink,
} from "../../support/images/tar_builder.ts";
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
