/** Layers whose entries are more, or twice, or other than they seem. */

import {
  archive,
  base256,
  dir,
  file,
  hardlink,
  pax,
  symlink,
} from "../../support/images/tar_builder.ts";
import type { HostileLayer } from "./hostile_layer.ts";

/** Entries that replace each other, devices, owners and times. */
export const HOSTILE_ENTRIES: readonly HostileLayer[] = [
  {
    name: "a file twice",
    layer: archive(file("f", "one"), file("f", "two")),
    tree: ["f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a file twice, by other spellings",
    layer: archive(file("a/f", "one"), file("./a//f", "two")),
    tree: ["a d", "a/f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a file twice, through a symlink",
    layer: archive(
      dir("a/"),
      file("a/f", "one"),
      symlink("b", "a"),
      file("b/f", "two"),
    ),
    tree: ["a d", "a/f f", "b l a"],
    unlikeSkopeo: "it keeps the second, and can never export it",
  },
  {
    name: "a directory twice",
    layer: archive(dir("d/"), file("d/f"), dir("d/", { mode: 0o711 })),
    tree: ["d d", "d/f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a directory after what is in it",
    layer: archive(file("d/f"), dir("d/", { mode: 0o700, mtime: 7 })),
    tree: ["d d", "d/f f"],
  },
  {
    name: "a symlink that a directory replaces",
    layer: archive(symlink("d", "/etc"), dir("d/"), file("d/passwd")),
    tree: ["d d", "d/passwd f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a directory that a symlink replaces",
    layer: archive(dir("d/"), symlink("d", "/etc"), file("d/passwd")),
    refused: "no such directory",
  },
  {
    name: "a full directory that a symlink replaces",
    layer: archive(dir("d/"), file("d/f"), symlink("d", "/etc")),
    tree: ["d l /etc"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a file that a symlink replaces, for a file to follow",
    layer: archive(file("f"), symlink("f", "/etc/passwd"), file("f", "x")),
    tree: ["f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "an empty file that a symlink replaces, for a file to follow",
    layer: archive(
      file("f", ""),
      symlink("f", "/etc/passwd"),
      file("f", "x"),
    ),
    tree: ["f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a symlink that a hard link replaces",
    layer: archive(file("f"), symlink("l", "/etc"), hardlink("l", "f")),
    tree: ["f f", "l f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a linked symlink that a file replaces",
    layer: archive(symlink("l", "x"), hardlink("h", "l"), file("l")),
    refused: "something that has hard links",
  },
  {
    name: "a file with a slash at its end",
    layer: archive(file("f/", "")),
    tree: ["f f"],
  },
  {
    name: "a directory of V7 times",
    layer: archive({ name: "d/", type: "\0", magic: "\0" }, file("d/f")),
    tree: ["d d", "d/f f"],
  },
  {
    name: "setuid, setgid and sticky",
    layer: archive(
      file("su", "x", { mode: 0o6755, uid: 33, gid: 44 }),
      dir("tmp/", { mode: 0o1777 }),
      file("bits", "x", { mode: 0o177777 }),
    ),
    tree: ["bits f", "su f", "tmp d"],
  },
  {
    name: "modes of zero",
    layer: archive(dir("d/", { mode: 0 }), file("d/f", "x", { mode: 0 })),
    tree: ["d d", "d/f f"],
  },
  {
    name: "devices and fifos",
    layer: archive(
      { name: "null", type: "3", major: 1, minor: 3, mode: 0o666 },
      { name: "sda", type: "4", major: 8, minor: 0, mode: 0o600 },
      { name: "pipe", type: "6", mode: 0o600, uid: 5 },
    ),
    tree: ["null c 1:3", "pipe p", "sda b 8:0"],
  },
  {
    name: "sizes on entries that have no content",
    layer: archive(
      dir("d/", { size: 0o777 }),
      symlink("l", "d", { size: 4096 }),
      { name: "p", type: "6", size: 1024 },
    ),
    tree: ["d d", "l l d", "p p"],
  },
  {
    name: "owners beyond octal",
    layer: archive(
      file("f", "x", { uid: base256(3_000_000n, 8) }),
      pax({ uid: "4294967294", gid: "65534" }),
      file("g", "x"),
    ),
    tree: ["f f", "g f"],
  },
  {
    name: "an owner that means nobody to chown",
    layer: archive(pax({ uid: "4294967295" }), file("f")),
    refused: "uid is 4294967295",
    unlikeSkopeo: "it keeps the file as root's",
  },
  {
    name: "an owner below zero",
    layer: archive(pax({ gid: "-1" }), file("f")),
    refused: "gid is -1",
    unlikeSkopeo: "it keeps the file as root's",
  },
  {
    name: "times before 1970, after 2262, and between seconds",
    layer: archive(
      file("before", "x", { mtime: base256(2n ** 95n - 5n, 12) }),
      pax({ mtime: "-1.5" }),
      file("half", "x"),
      pax({ mtime: "1600000000.123456789" }),
      file("odd", "x"),
      pax({ mtime: "1600000000.987654321" }),
      dir("d/"),
      pax({ mtime: "1600000000.000000001" }),
      symlink("l", "x"),
      pax({ mtime: "1600000000.5" }),
      file("even", ""),
    ),
    tree: ["before f", "d d", "even f", "half f", "l l x", "odd f"],
  },
  {
    name: "a time that is no time",
    layer: archive(pax({ mtime: "1e9" }), file("f")),
    refused: "no time",
  },
  {
    name: "a global header that names things",
    layer: archive(pax({ path: "../evil", uid: "7" }, "g"), file("f")),
    tree: ["f f"],
  },
  {
    name: "a contiguous file",
    layer: archive(file("f", "x", { type: "7" })),
    tree: ["f f"],
    unlikeSkopeo: "it knows no such files",
  },
  ...["A", "D", "M", "N", "V", "X", "\xff"].map((type) => ({
    name: `an entry of type ${JSON.stringify(type)}`,
    layer: archive(file("f", "x", { type })),
    refused: "is unknown",
  })),
];
