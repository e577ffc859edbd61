import { assertEquals, assertThrows } from "@std/assert";
import {
  bigDataFileName,
  bigDataKey,
} from "../../../src/store/records/big_data.ts";

Deno.test("bigDataFileName() names files as containers/storage does", async (t) => {
  const names = {
    manifest: "manifest",
    "chunked.v2": "chunked.v2",
    "Some-Key.1": "=U29tZS1LZXkuMQ==",
    "sha256:ab": "=c2hhMjU2OmFi",
    "..": "=Li4=",
    "/": "=Lw==",
    "é": "=w6k=",
  };
  for (const [key, name] of Object.entries(names)) {
    await t.step(key, () => assertEquals(bigDataFileName(key), name));
  }
});

Deno.test("bigDataFileName() refuses what no file can be called", () => {
  assertThrows(() => bigDataFileName(""), TypeError);
  assertThrows(() => bigDataFileName("a?a?a?"), TypeError);
});

Deno.test("bigDataKey() finds the key of a file, if it can be one", async (t) => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["manifest", "manifest"],
    ["=bTox", "m:1"],
    ["=w6k=", "é"],
    // Other spellings, of which none is written.
    ["=w6k", undefined],
    ["=bWFuaWZlc3Q=", undefined],
    ["Manifest", undefined],
    ["=", undefined],
    ["=!", undefined],
    ["", undefined],
    ["..", undefined],
    ["=/w==", undefined],
  ];
  for (const [name, key] of cases) {
    await t.step(name, () => assertEquals(bigDataKey(name), key));
  }
});
