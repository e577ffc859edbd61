import { assert, assertEquals, assertThrows } from "@std/assert";
import { toBytes } from "../../src/formats/bytes.ts";
import {
  asBoolean,
  asInteger,
  asObject,
  asOneOf,
  asSize,
  asString,
  asStringMap,
  asStrings,
  optional,
  parseJson,
  refuseCaseVariants,
} from "../../src/formats/json.ts";

Deno.test("parseJson() reads what JSON.parse() reads", () => {
  const text = '{"a":[1,{"b":"x\\"{,:"},{"b":null}],"\\u0062":"\\\\","c":{}}';
  assertEquals(parseJson(toBytes(text), "it"), JSON.parse(text));
  assertEquals(parseJson(text, "it"), JSON.parse(text));
});

Deno.test("parseJson() refuses what is ambiguous or hostile", async (t) => {
  const cases: [name: string, input: string | Uint8Array, why: string][] = [
    ["nothing", "", "not valid JSON"],
    ["duplicate key", '{"a":1,"b":[{}],"a":2}', 'duplicate key "a"'],
    ["escaped duplicate", '{"a":1,"\\u0061":2}', 'duplicate key "a"'],
    ["nested duplicate", '[{"x":{"a":1,"a":2}}]', 'duplicate key "a"'],
    ["depth", "[".repeat(1_000_000), "nested deeper"],
    ["invalid UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "UTF-8"],
    ["byte order mark", new Uint8Array([0xef, 0xbb, 0xbf, 0x31]), "not valid"],
    ["size", " ".repeat(5 * 1024 * 1024), "larger than 4194304 bytes"],
    ["rubbish", '{"a":1} x', "not valid JSON"],
  ];
  for (const [name, input, why] of cases) {
    await t.step(name, () => {
      const error = assertThrows(
        () => parseJson(input, "it"),
        SyntaxError,
        why,
      );
      assert(error.message.startsWith("Cannot read it: "));
    });
  }
});

Deno.test("accessors take only their own type", async (t) => {
  const cases: [name: string, read: () => unknown][] = [
    ["object", () => asObject([], "x")],
    ["null object", () => asObject(null, "x")],
    ["string", () => asString(1, "x")],
    ["strings", () => asStrings(["a", 1], "x")],
    ["map", () => asStringMap({ a: 1 }, "x")],
    ["boolean", () => asBoolean("true", "x")],
    ["fraction", () => asInteger(1.5, "x")],
    ["beyond 2^53", () => asInteger(2 ** 53, "x")],
    ["negative size", () => asSize(-1, "x")],
    ["size in text", () => asSize("12", "x")],
    ["another text", () => asOneOf("c", "x", ["a", "b"])],
    ["number for a text", () => asOneOf(1, "x", ["a", "1"])],
    ["absent", () => asString(undefined, "x")],
  ];
  for (const [name, read] of cases) {
    await t.step(name, () => {
      assertThrows(read, SyntaxError, "Cannot read x");
    });
  }
});

Deno.test("optional() takes null for absent", () => {
  assertEquals(optional(null, "x", asString), undefined);
  assertEquals(optional(undefined, "x", asString), undefined);
  assertEquals(optional("a", "x", asString), "a");
});

Deno.test("refuseCaseVariants() finds keys that Go would take", () => {
  refuseCaseVariants({ layers: 1, other: 1 }, "x", ["layers"]);
  assertThrows(
    () => refuseCaseVariants({ Layers: 1 }, "x", ["layers"]),
    SyntaxError,
    'key "Layers" looks like "layers"',
  );
});
