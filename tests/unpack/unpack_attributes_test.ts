import { assertEquals, assertThrows } from "@std/assert";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import type { TarEntry } from "../../src/formats/tar/tar_entry.ts";
import { sanitizeAttributes } from "../../src/unpack/unpack_attributes.ts";

type Xattrs = Readonly<Record<string, string>>;

const ENTRY: TarEntry = {
  name: "f",
  type: "file",
  linkName: "",
  size: 1,
  mode: 0o644,
  uid: 1,
  gid: 2,
  mtime: 5,
  mtimeNs: 6,
  major: 0,
  minor: 0,
};

function withXattrs(xattrs: Xattrs, type: TarEntry["type"]): TarEntry {
  return { ...ENTRY, type, xattrs: new Map(Object.entries(xattrs)) };
}

Deno.test("sanitizeAttributes() keeps times that a clock has", async (t) => {
  const cases: readonly (readonly [number, "kept" | "1970"])[] = [
    [0, "kept"],
    [5, "kept"],
    [9_223_372_035, "kept"],
    [9_223_372_036, "1970"],
    [-1, "1970"],
  ];
  for (const [mtime, expected] of cases) {
    await t.step(`${mtime}`, () => {
      const entry = { ...ENTRY, mtime };
      const time = expected === "kept" ? {} : { mtime: 0, mtimeNs: 0 };
      const { xattrs, ...rest } = sanitizeAttributes(entry);
      assertEquals(xattrs, undefined);
      assertEquals(rest, { ...entry, ...time });
    });
  }
});

Deno.test("sanitizeAttributes() drops attributes that a layer must not set", async (t) => {
  const cases: readonly [TarEntry["type"], Xattrs, Xattrs | undefined][] = [
    ["file", {}, undefined],
    ["file", { "user.a": "1" }, { "user.a": "1" }],
    ["directory", { "user.a": "1" }, { "user.a": "1" }],
    ["symlink", { "user.a": "1" }, undefined],
    ["fifo", { "user.a": "1", "trusted.b": "2" }, { "trusted.b": "2" }],
    ["file", { "security.selinux": "x" }, undefined],
    ["file", { "security.selinux2": "x" }, { "security.selinux2": "x" }],
    ["file", { "trusted.overlay.opaque": "y", "trusted.overlay": "z" }, {
      "trusted.overlay": "z",
    }],
    ["directory", { "user.overlay.opaque": "y", "user.overlays": "z" }, {
      "user.overlays": "z",
    }],
    ["char", { "security.capability": "c" }, { "security.capability": "c" }],
  ];
  for (const [type, xattrs, kept] of cases) {
    await t.step(`${type} ${Object.keys(xattrs)}`, () => {
      const { xattrs: found, ...rest } = sanitizeAttributes(
        withXattrs(xattrs, type),
      );
      assertEquals(found && Object.fromEntries(found), kept);
      assertEquals(rest, { ...ENTRY, type });
    });
  }
});

Deno.test("sanitizeAttributes() refuses what is larger than Linux takes", () => {
  const most = withXattrs({ "user.a": "x".repeat(65_536) }, "file");
  assertEquals(sanitizeAttributes(most).xattrs, most.xattrs);
  const more = { "user.a": "x".repeat(65_537), "user.b": "1" };
  assertThrows(
    () => sanitizeAttributes(withXattrs(more, "file")),
    InvalidLayerError,
    'entry "f": an extended attribute is too large',
  );
  // It is dropped, whatever its size.
  const dropped = { "security.selinux": "x".repeat(65_537) };
  const { xattrs } = sanitizeAttributes(withXattrs(dropped, "file"));
  assertEquals(xattrs, undefined);
});
