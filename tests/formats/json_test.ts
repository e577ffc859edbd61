import { assert, assertEquals, assertThrows } from "@std/assert";
import { toBytes } from "../../src/formats/bytes.ts";
import {
  asArray,
  asBoolean,
  asInteger,
  asObject,
  asOneOf,
  asSize,
  asString,
  asStringMap,
  asStrings,
  foldKey,
  isObject,
  optional,
  parseJson,
  rawNumber,
  refuseCaseVariants,
  withoutValues,
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

Deno.test("accessors give what they take", () => {
  assertEquals(asObject({ a: 1 }, "x"), { a: 1 });
  assertEquals(asArray([1, null], "x"), [1, null]);
  assertEquals(asString("", "x"), "");
  const both = [false, true];
  assertEquals(both.map((value) => asBoolean(value, "x")), both);
  assertEquals([asInteger(-5, "x"), asInteger(2 ** 53 - 1, "x")], [
    -5,
    2 ** 53 - 1,
  ]);
  assertEquals([asSize(0, "x"), asSize(7, "x")], [0, 7]);
  assertEquals(asStrings(["a", ""], "x"), ["a", ""]);
  assertEquals(asStringMap({ a: "", b: "c" }, "x"), { a: "", b: "c" });
  assertEquals(asOneOf("b", "x", ["a", "b"]), "b");
});

Deno.test("accessors say what they expected, and what is there", async (t) => {
  const long = "y".repeat(60);
  const cases: readonly (readonly [() => unknown, string])[] = [
    [() => asObject([1], "x"), "x: expected an object, got [1]"],
    [() => asObject(null, "x"), "x: expected an object, got null"],
    [() => asArray({}, "x"), "x: expected an array, got {}"],
    [() => asString(undefined, "x"), "x: expected a string, got nothing"],
    [() => asBoolean(0, "x"), "x: expected true or false, got 0"],
    [() => asInteger(1.5, "x"), "x: expected an integer, got 1.5"],
    [() => asSize(-1, "x"), "x: expected a size, got -1"],
    [() => asStrings(["a", 1], "x"), "x[1]: expected a string, got 1"],
    [() => asStrings("a", "x"), 'x: expected an array, got "a"'],
    [() => asStringMap({ a: 1 }, "x"), 'x["a"]: expected a string, got 1'],
    [() => asOneOf("c", "x", ["a", "b"]), 'x: expected a or b, got "c"'],
    [
      () => asArray(long.slice(2), "x"),
      `x: expected an array, got "${long.slice(2)}"`,
    ],
    [
      () => asArray(long, "x"),
      `x: expected an array, got "${long.slice(1)}…`,
    ],
  ];
  for (const [read, message] of cases) {
    await t.step(message, () => {
      const error = assertThrows(read, SyntaxError);
      assertEquals(error.message, `Cannot read ${message}`);
    });
  }
});

Deno.test("parseJson() takes what is just allowed, and no more", async (t) => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const objects = (depth: number) =>
    '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
  // Short and long, with an escape and without: they are looked at otherwise.
  const around: Readonly<Record<string, (text: string) => string>> = {
    "short": (text) => text,
    "with an escape": (text) => `[${text},"\\u0041"]`,
    "long": (text) => `[${text},"${"x".repeat(5000)}"]`,
  };
  for (const [name, wrap] of Object.entries(around)) {
    await t.step(name, () => {
      const more = name === "short" ? 0 : 1;
      for (const nest of [nested, objects]) {
        const text = wrap(nest(64 - more));
        assertEquals(parseJson(text, "it"), JSON.parse(text));
        assertThrows(
          () => parseJson(wrap(nest(65 - more)), "it"),
          SyntaxError,
          "Cannot read it: nested deeper than 64",
        );
      }
      const twice = wrap('{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}');
      assertEquals(parseJson(twice, "it"), JSON.parse(twice));
      for (const doubled of ['{"a":1,"a":2}', '{"b":{"a":[],"x":1,"a":{}}}']) {
        assertThrows(
          () => parseJson(wrap(doubled), "it"),
          SyntaxError,
          'Cannot read it: ambiguous, duplicate key "a"',
        );
      }
      // What looks like keys, in texts.
      const texts = wrap(
        '{"a":"\\"b\\":", "c" : ["{", "}", "\\"", ",\\"a\\":"]}',
      );
      assertEquals(parseJson(texts, "it"), JSON.parse(texts));
    });
  }
  await t.step("bytes", () => {
    assertEquals(parseJson(" [1] ", "it", { maxSize: 5 }), [1]);
    assertThrows(
      () => parseJson(" [1] ", "it", { maxSize: 4 }),
      SyntaxError,
      "Cannot read it: larger than 4 bytes",
    );
    const most = `[${" ".repeat(4 * 1024 * 1024 - 2)}]`;
    assertEquals(parseJson(most, "it"), []);
    assertThrows(() => parseJson(`${most} `, "it"), SyntaxError, "larger than");
  });
});

Deno.test("parseJson() keeps numbers as they are written, if told", async (t) => {
  const texts = [
    "[1.0]",
    "[18446744073709551615]",
    "[-0]",
    "[1e3]",
    "[1E3,12,-5]",
    '{"a":0.10,"b":[true,"1.0",null]}',
    "[1,2]",
  ];
  for (const text of texts) {
    await t.step(text, () => {
      const value = parseJson(text, "it", { numbers: "as-written" });
      assertEquals(JSON.stringify(value), text);
      const plain = parseJson(text, "it");
      assertEquals(plain, JSON.parse(text));
    });
  }
  assertThrows(
    () => parseJson('{"a":1.0,"a":2}', "it", { numbers: "as-written" }),
    SyntaxError,
    'duplicate key "a"',
  );
  assertEquals(JSON.stringify([rawNumber("1.50")]), "[1.50]");
});

Deno.test("isObject() knows objects of JSON", () => {
  const values = [{}, { a: 1 }, [], null, undefined, "a", 1, rawNumber("1.0")];
  assertEquals(
    values.map(isObject),
    [true, true, false, false, false, false, false, false],
  );
});

Deno.test("foldKey() is as Go folds", () => {
  assertEquals(["Layers", "\u212aey", "\u017fize", "é"].map(foldKey), [
    ...["layers", "key", "size", "é"],
  ]);
});

Deno.test("withoutValues() drops what was there", () => {
  assertEquals(withoutValues(() => 7), 7);
  const { message, cause } = assertThrows(
    () => withoutValues(() => asString({ a: "secret, got\nx" }, "x")),
    SyntaxError,
  );
  assertEquals([message, cause], [
    "Cannot read x: expected a string",
    undefined,
  ]);
  assertThrows(
    () =>
      withoutValues(() => {
        throw new RangeError("a, got b");
      }),
    RangeError,
    "a, got b",
  );
});
