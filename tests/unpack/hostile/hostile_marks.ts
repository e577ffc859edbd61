/** Layers with whiteouts, and with marks for overlayfs. */

import {
  archive,
  dir,
  file,
  hardlink,
  pax,
  symlink,
} from "../../support/images/tar_builder.ts";
import type { HostileLayer } from "./hostile_layer.ts";

/** Whiteouts and overlayfs's own marks. */
export const HOSTILE_MARKS: readonly HostileLayer[] = [
  {
    name: "a whiteout",
    layer: archive(file(".wh.gone", ""), dir("d/"), file("d/.wh.x", "")),
    tree: ["d d", "d/x c 0:0", "gone c 0:0"],
  },
  {
    name: "a whiteout with content",
    layer: archive(file(".wh.gone", "hidden message")),
    tree: ["gone c 0:0"],
  },
  {
    name: "a whiteout of nothing",
    layer: archive(file(".wh.", "")),
    refused: "whiteout of nothing",
  },
  {
    name: "a whiteout of its directory",
    layer: archive(dir("d/"), file("d/.wh..", "")),
    refused: "whiteout of nothing",
  },
  {
    name: "a whiteout of its directory's parent",
    layer: archive(dir("d/"), file("d/.wh...", "")),
    refused: "whiteout of nothing",
  },
  {
    name: "a whiteout before its file",
    layer: archive(file(".wh.f", ""), file("f")),
    tree: ["f f"],
  },
  {
    name: "a whiteout after its file",
    layer: archive(file("f"), file(".wh.f", "")),
    tree: ["f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a whiteout before its directory",
    layer: archive(file(".wh.d", ""), dir("d/"), file("d/f")),
    tree: ["d d trusted.overlay.opaque=y", "d/f f"],
    unlikeSkopeo: "it lets the deleted files shine through",
  },
  {
    name: "a whiteout below a whiteout",
    layer: archive(file(".wh.d", ""), file("d/.wh.f", "")),
    tree: ["d c 0:0"],
  },
  {
    name: "a file below a whiteout",
    layer: archive(file(".wh.d", ""), file("d/f")),
    tree: ["d d trusted.overlay.opaque=y", "d/f f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a whiteout twice",
    layer: archive(file(".wh.d", ""), file(".wh.d", "")),
    tree: ["d c 0:0"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "whiteouts that are directories and links",
    layer: archive(dir(".wh.a/"), symlink(".wh.b", "/etc")),
    tree: ["a c 0:0", "b c 0:0"],
  },
  {
    name: "whiteouts by other spellings, and of other types",
    layer: archive(
      file("./.wh.a", ""),
      file("/d//./.wh.b", ""),
      hardlink(".wh.c", "nowhere"),
      { name: ".wh.e", type: "6" },
      { name: ".wh.f", type: "3", major: 0, minor: 0 },
      file("d/../.wh.g", ""),
      dir("./.wh.h/"),
    ),
    tree: [
      ..."ac".split("").map((name) => `${name} c 0:0`),
      "d d",
      "d/b c 0:0",
      ..."efgh".split("").map((name) => `${name} c 0:0`),
    ],
  },
  {
    name: "a whiteout of what begins with dots",
    layer: archive(file(".wh....", ""), file(".wh.wh.x", "")),
    tree: ["... c 0:0", "wh.x c 0:0"],
    unlikeSkopeo: "it takes some for AUFS's own",
  },
  {
    name: "an opaque root, and marks below, most of which need not be made",
    layer: archive(
      file("a/.wh.b", ""),
      file(".wh..wh..opq", ""),
      file("c/.wh..wh..opq", ""),
      file(".wh.x", ""),
      file("f"),
    ),
    tree: ["a d", "c d trusted.overlay.opaque=y", "f f"],
    unlikeSkopeo: "it makes them, and they show in listings",
  },
  {
    name: "as many marks and implied directories as entries are allowed",
    layer: archive(file("a/a/a/a/a/a/a/a/a/a/a/a/.wh.f", "")),
    limits: { maxEntries: 10 },
    refused: "more than 10 entries",
  },
  {
    name: "AUFS's own files twice, and replaced",
    layer: archive(
      file(".wh..wh.aufs", "one"),
      file(".wh..wh.aufs", "two"),
      file(".wh..wh.plnk/1", "one"),
      hardlink("f", ".wh..wh.plnk/1"),
      file(".wh..wh.plnk/1", "two"),
      pax({ mtime: "1.123456789", "SCHILY.xattr.user.a": "b" }),
      file(".wh..wh.plnk/2", ""),
      hardlink("g", ".wh..wh.plnk/2"),
      symlink(".wh..wh.plnk/3", "/etc"),
      dir(".wh..wh.plnk/4/"),
    ),
    tree: ["f f", "g f"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "a directory that is named as a whiteout and used",
    layer: archive(file(".wh.d/f")),
    refused: "a whiteout has no children",
  },
  {
    name: "an opaque mark",
    layer: archive(dir("d/"), file("d/f"), file("d/.wh..wh..opq", "")),
    tree: ["d d trusted.overlay.opaque=y", "d/f f"],
  },
  {
    name: "an opaque mark before its directory",
    layer: archive(file("d/.wh..wh..opq", ""), dir("d/")),
    tree: ["d d trusted.overlay.opaque=y"],
  },
  {
    name: "an opaque mark below a symlink, which hides all there by itself",
    layer: archive(dir("d/"), symlink("l", "/d"), file("l/.wh..wh..opq", "")),
    tree: ["d d", "l l /d"],
    unlikeSkopeo: "it marks what the symlink leads to, in this order",
  },
  {
    name: "opaque marks with content, and twice",
    layer: archive(
      file("d/.wh..wh..opq", "hidden message"),
      file("d/.wh..wh..opq", ""),
    ),
    tree: ["d d trusted.overlay.opaque=y"],
    unlikeSkopeo: "it fails",
  },
  {
    name: "AUFS's own files",
    layer: archive(
      dir(".wh..wh.plnk/"),
      file(".wh..wh.plnk/1.2", "x"),
      file(".wh..wh.aufs", ""),
      file("f"),
    ),
    tree: ["f f"],
    unlikeSkopeo: "it takes them for whiteouts",
  },
  {
    name: "a hard link to AUFS's own file",
    layer: archive(
      file(".wh..wh.plnk/1", "x"),
      hardlink("h", ".wh..wh.plnk/1"),
    ),
    tree: ["h f"],
    unlikeSkopeo: "it keeps AUFS's own directory, too",
  },
  {
    name: "a whiteout as a device",
    layer: archive({ name: "f", type: "3", major: 0, minor: 0 }),
    refused: "the device 0:0",
    unlikeSkopeo: "it makes the whiteout",
  },
  {
    name: "overlayfs's marks as attributes",
    layer: archive(
      pax({
        "SCHILY.xattr.trusted.overlay.opaque": "y",
        "SCHILY.xattr.trusted.overlay.redirect": "/etc",
        "SCHILY.xattr.user.overlay.opaque": "y",
      }),
      dir("d/"),
      pax({ "SCHILY.xattr.trusted.overlay.metacopy": "" }),
      file("f"),
    ),
    tree: ["d d", "f f"],
    unlikeSkopeo: "it sets them",
  },
  {
    name: "SELinux labels",
    layer: archive(
      pax({ "SCHILY.xattr.security.selinux": "system_u:object_r:x_t:s0\0" }),
      file("f"),
    ),
    tree: ["f f"],
  },
  {
    name: "attributes of all kinds",
    layer: archive(
      pax({ "SCHILY.xattr.user.a": "\0\n=\xff", "SCHILY.xattr.user.b": "b" }),
      file("f"),
      pax({ "SCHILY.xattr.user.d": "d" }),
      dir("d/"),
      pax({ "SCHILY.xattr.user.e": "e" }),
      file("empty", ""),
    ),
    tree: [
      "d d user.d=d",
      "empty f user.e=e",
      "f f user.a=\0\n=\xff user.b=b",
    ],
  },
  {
    name: "attributes of users on what can have none",
    layer: archive(
      pax({ "SCHILY.xattr.user.a": "b", "SCHILY.xattr.trusted.c": "d" }),
      symlink("l", "/etc"),
      pax({ "SCHILY.xattr.user.a": "b" }),
      { name: "p", type: "6" },
      pax({ "SCHILY.xattr.user.a": "b" }),
      { name: "c", type: "3", major: 1, minor: 3 },
    ),
    tree: ["c c 1:3", "l l /etc trusted.c=d", "p p"],
    unlikeSkopeo: "it fails, in this version",
  },
  {
    name: "an attribute that is too large",
    layer: archive(
      pax({ "SCHILY.xattr.user.a": "x".repeat(70_000) }),
      file("f"),
    ),
    refused: "an extended attribute is too large",
  },
];
