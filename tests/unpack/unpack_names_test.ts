import { assertEquals, assertThrows } from "@std/assert";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import {
  cleanPath,
  isHiddenName,
  readName,
} from "../../src/unpack/unpack_names.ts";

Deno.test("readName() distinguishes files from what marks them", async (t) => {
  const cases: readonly (readonly [string, ReturnType<typeof readName>])[] = [
    ["", { kind: "root" }],
    ["./", { kind: "root" }],
    ["/", { kind: "root" }],
    [".", { kind: "root" }],
    ["a", { kind: "plain", parent: "", base: "a" }],
    ["./a/b", { kind: "plain", parent: "a", base: "b" }],
    ["/a//b/./c/", { kind: "plain", parent: "a/b", base: "c" }],
    ["a/../b", { kind: "plain", parent: "", base: "b" }],
    ["..a", { kind: "plain", parent: "", base: "..a" }],
    ["a.wh.", { kind: "plain", parent: "", base: "a.wh." }],
    ["a.wh./b", { kind: "plain", parent: "a.wh.", base: "b" }],
    [".wh.a", { kind: "whiteout", parent: "", base: "a" }],
    ["a/.wh.b", { kind: "whiteout", parent: "a", base: "b" }],
    ["a/.wh..b", { kind: "whiteout", parent: "a", base: ".b" }],
    ["a/.wh....", { kind: "whiteout", parent: "a", base: "..." }],
    [".wh..wh..opq", { kind: "opaque", parent: "" }],
    ["a/.wh..wh..opq", { kind: "opaque", parent: "a" }],
    [".wh..wh.plnk/1.2", {
      ...{ kind: "link-source", parent: ".wh..wh.plnk", base: "1.2" },
    }],
    [".wh..wh.plnk", { kind: "metadata", path: ".wh..wh.plnk" }],
    [".wh..wh.aufs", { kind: "metadata", path: ".wh..wh.aufs" }],
    [".wh..wh.orph/x", { kind: "metadata", path: ".wh..wh.orph/x" }],
  ];
  for (const [name, expected] of cases) {
    await t.step(name || "nothing", () => {
      assertEquals(readName(name), expected);
    });
  }
});

Deno.test("readName() refuses what leaves the layer, or means nothing", async (t) => {
  const nothing = "it is a whiteout of nothing";
  const children = "a whiteout has no children";
  const long = "a name is longer than 255 bytes";
  const cases: readonly (readonly [string, string])[] = [
    ...[".wh.", "a/.wh..", "a/.wh..."].map((name) => [name, nothing] as const),
    ...[".wh.a/b", "a/.wh.b/c"].map((name) => [name, children] as const),
    ...["..", "../a", "a/../..", "/../a"].map((name) =>
      [name, "it leaves the root"] as const
    ),
    [`a/${"b".repeat(256)}`, long],
  ];
  for (const [name, why] of cases) {
    await t.step(name.slice(0, 20), () => {
      const error = assertThrows(() => readName(name), InvalidLayerError);
      const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name;
      assertEquals(
        error.message,
        `Cannot unpack the layer: entry "${shown}": ${why}`,
      );
    });
  }
});

Deno.test("cleanPath() takes names as long as Linux does", async (t) => {
  const longest = "a".repeat(255);
  const path = `${`${longest}/`.repeat(15)}${longest}`; // 4095
  await t.step("of components", () => {
    assertEquals(cleanPath(longest), longest);
    assertThrows(() => cleanPath(`${longest}a`), InvalidLayerError);
    assertThrows(() => cleanPath(`b/${longest}a/c`), InvalidLayerError);
  });
  await t.step("of paths", () => {
    assertEquals(path.length, 4095);
    assertEquals(cleanPath(path), path);
    const error = assertThrows(() => cleanPath(`${path}/`), InvalidLayerError);
    const end = ": its name is too long";
    assertEquals(error.message.slice(-end.length), end);
  });
});

Deno.test("isHiddenName() knows marks by their last component", () => {
  const hidden = [".wh.a", "a/.wh.b", "a/.wh.b/", ".wh.", ".wh..wh..opq"];
  const plain = ["a", "a.wh.b", ".wh.a/b", "", "/", "a/", ".wh"];
  assertEquals(hidden.filter((name) => !isHiddenName(name)), []);
  assertEquals(plain.filter(isHiddenName), []);
});
