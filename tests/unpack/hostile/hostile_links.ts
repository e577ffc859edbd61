/** Layers whose links try to get out. */

import {
  archive,
  dir,
  file,
  hardlink,
  symlink,
} from "../../support/images/tar_builder.ts";
import type { HostileLayer } from "./hostile_layer.ts";

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
