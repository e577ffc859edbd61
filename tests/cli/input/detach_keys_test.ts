import { assertEquals, assertThrows } from "@std/assert";
import {
  openKeyFilter,
  parseDetachKeys,
} from "../../../src/cli/input/detach_keys.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { toBytes, toText } from "../../../src/formats/bytes.ts";

Deno.test("parseDetachKeys() reads podman's keys", () => {
  const table: readonly (readonly [string, readonly number[]])[] = [
    ["", []],
    ["ctrl-p,ctrl-q", [16, 17]],
    ["CTRL-A", [1]],
    ["a,b", [97, 98]],
    ["ctrl-@,ctrl-[,ctrl-_", [0, 27, 31]],
  ];
  for (const [text, keys] of table) {
    assertEquals([...parseDetachKeys(text)], [...keys]);
  }
  for (const text of ["ctrl-", "ctrl-1", "ab", "a,", "ä"]) {
    assertThrows(() => parseDetachKeys(text), UsageError);
  }
});

Deno.test("openKeyFilter() keeps back what may be the keys", () => {
  const table: readonly (readonly [readonly string[], string, boolean])[] = [
    [["ab"], "ab", false],
    [["a\x10\x11b"], "a", true],
    [["a\x10", "\x11"], "a", true],
    [["a\x10", "b"], "a\x10b", false],
    [["\x10\x10\x11"], "\x10", true],
    [["\x11"], "\x11", false],
  ];
  for (const [typed, got, isDetaching] of table) {
    const filter = openKeyFilter(parseDetachKeys("ctrl-p,ctrl-q"));
    const results = typed.map((text) => filter(toBytes(text)));
    assertEquals(results.map(({ bytes }) => toText(bytes)).join(""), got);
    assertEquals(results.at(-1)?.isDetaching, isDetaching);
  }
});

Deno.test("openKeyFilter() without keys hands on all", () => {
  const filter = openKeyFilter(parseDetachKeys(""));
  assertEquals(filter(toBytes("\x10\x11")), {
    ...{ bytes: toBytes("\x10\x11"), isDetaching: false },
  });
});

Deno.test("openKeyFilter() requires all the keys each time", () => {
  const filter = openKeyFilter(parseDetachKeys("ctrl-p,ctrl-q"));
  const type = (text: string) => {
    const { bytes, isDetaching } = filter(toBytes(text));
    return [toText(bytes), isDetaching];
  };
  assertEquals(type("\x10\x11"), ["", true]);
  assertEquals(type("\x11a"), ["\x11a", false]);
  assertEquals(type("\x10"), ["", false]);
  assertEquals(type("\x11"), ["", true]);
  assertEquals(type("b\x10\x11c"), ["b", true]);
});
