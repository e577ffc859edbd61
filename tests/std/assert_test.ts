import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";

const cyclic = (name: string) => {
  const value: { name: string; self?: unknown } = { name };
  value.self = value;
  return value;
};

Deno.test("assertEquals() compares deeply", async (t) => {
  const cases: [string, unknown, unknown, boolean][] = [
    ["numbers", 1, 1, true],
    ["NaN", NaN, NaN, true],
    ["zeros of both signs", 0, -0, true],
    ["a number and its text", 1, "1", false],
    ["null and undefined", null, undefined, false],
    ["objects in another order", { a: 1, b: [2] }, { b: [2], a: 1 }, true],
    ["a key that is undefined and one absent", { a: undefined }, {}, false],
    ["keys of different names", { a: undefined }, { b: undefined }, false],
    ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 2 }, false],
    ["a plain and a null-prototype object", { a: 1 }, {
      __proto__: null,
      a: 1,
    }, true],
    ["an array and an object", [], {}, false],
    ["arrays of other lengths", [1], [1, undefined], false],
    ["equal bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
    ["other bytes", new Uint8Array([1, 2]), new Uint8Array([1, 3]), false],
    ["bytes of other widths", new Uint8Array([1]), new Uint16Array([1]), false],
    ["dates", new Date(5), new Date(5), true],
    ["other dates", new Date(5), new Date(6), false],
    ["expressions", /a/g, /a/g, true],
    ["expressions with other flags", /a/g, /a/i, false],
    ["addresses", new URL("http://a/"), new URL("http://b/"), false],
    ["sets", new Set([{ a: 1 }, 2]), new Set([2, { a: 1 }]), true],
    ["other sets", new Set([1]), new Set([2]), false],
    ["maps", new Map([["a", { b: 1 }]]), new Map([["a", { b: 1 }]]), true],
    ["other maps", new Map([["a", 1]]), new Map([["a", 2]]), false],
    ["cycles", cyclic("a"), cyclic("a"), true],
    ["other cycles", cyclic("a"), cyclic("b"), false],
    ["objects of different classes", new Error("a"), new TypeError("a"), false],
  ];
  for (const [name, a, b, expected] of cases) {
    await t.step(name, () => {
      if (expected) return assertEquals(a, b);
      assertThrows(() => assertEquals(a, b), AssertionError);
      assertNotEquals(a, b);
    });
  }
});

Deno.test("assertEquals() shows the lines that differ", () => {
  const error = assertThrows(
    () => assertEquals({ a: 1, b: 2, c: 3 }, { a: 1, b: 5, c: 3 }, "counts"),
    AssertionError,
    "Values are not equal: counts",
  );
  assertMatch(error.message, /-.*b: 2/);
  assertMatch(error.message, /\+.*b: 5/);
  assertNotMatch(error.message, /[-+] .*a: 1/);
});

Deno.test("assertThrows() returns the error it expects", () => {
  const thrown = new RangeError("no such page");
  const throwIt = () => {
    throw thrown;
  };
  assertStrictEquals(assertThrows(throwIt), thrown);
  const error: RangeError = assertThrows(throwIt, RangeError, "such");
  assertStrictEquals(error, thrown);
});

Deno.test("assertThrows() refuses other errors and silence", async (t) => {
  const throwIt = () => {
    throw new RangeError("no such page");
  };
  const cases: [string, () => unknown, string][] = [
    ["no error", () => assertThrows(() => 1), "to throw"],
    ["another class", () => assertThrows(throwIt, TypeError), "TypeError"],
    ["other text", () => assertThrows(throwIt, Error, "book"), "book"],
    ["with a note", () => assertThrows(() => 1, "note"), "note"],
  ];
  for (const [name, fn, text] of cases) {
    await t.step(name, () => {
      assertThrows(fn, AssertionError, text);
    });
  }
});

Deno.test("assertRejects() returns the reason it expects", async () => {
  const reason = new TypeError("wrong");
  assertStrictEquals(
    await assertRejects(() => Promise.reject(reason), TypeError, "wro"),
    reason,
  );
  assertStrictEquals(await assertRejects(() => Promise.reject(reason)), reason);
});

Deno.test("assertRejects() refuses all else", async () => {
  await assertRejects(
    () => assertRejects(() => Promise.resolve()),
    AssertionError,
    "to reject",
  );
  await assertRejects(
    () => assertRejects(() => Promise.reject(new Error("a")), TypeError),
    AssertionError,
    "TypeError",
  );
  await assertRejects(
    () =>
      assertRejects(() => {
        throw new Error("too early");
      }),
    AssertionError,
    "throws when expected to reject",
  );
});

Deno.test("assertObjectMatch() compares what is expected only", () => {
  const actual = { a: 1, b: { c: [{ d: 1, e: 2 }], f: new Date(1) } };
  assertObjectMatch(actual, { b: { c: [{ d: 1 }] } });
  assertObjectMatch(actual, { b: { f: new Date(1) } });
  assertThrows(() => assertObjectMatch(actual, { a: 2 }), AssertionError);
  assertThrows(() => assertObjectMatch(actual, { g: 1 }), AssertionError);
  assertThrows(
    () => assertObjectMatch(actual, { b: { c: [{ d: 2 }] } }),
    AssertionError,
  );
});

Deno.test("every assertion passes what holds", () => {
  const list = [1];
  assert(1);
  assertFalse(0);
  assertExists(0);
  assertStrictEquals<unknown>(list, list);
  assertNotStrictEquals([1], [1]);
  assertMatch("abc", /b/);
  assertNotMatch("abc", /d/);
  assertStringIncludes("abc", "bc");
  assertArrayIncludes([{ a: 1 }, { a: 2 }], [{ a: 2 }]);
  assertInstanceOf(new TypeError(), Error);
  assertGreater(2, 1);
  assertGreaterOrEqual(2, 2);
  assertLess(1, 2);
  assertLessOrEqual(2, 2);
});

Deno.test("every assertion refuses what does not hold", async (t) => {
  const cases: Record<string, () => unknown> = {
    assert: () => assert(0, "zero"),
    assertFalse: () => assertFalse(1),
    assertExists: () => assertExists(null),
    assertStrictEquals: () => assertStrictEquals<unknown>([1], [1]),
    assertNotStrictEquals: () => assertNotStrictEquals(1, 1),
    assertNotEquals: () => assertNotEquals([1], [1]),
    assertMatch: () => assertMatch("abc", /d/),
    assertNotMatch: () => assertNotMatch("abc", /b/),
    assertStringIncludes: () => assertStringIncludes("abc", "d"),
    assertArrayIncludes: () => assertArrayIncludes([1, 2], [3]),
    assertInstanceOf: () => assertInstanceOf("text", Error),
    assertGreater: () => assertGreater(1, 1),
    assertGreaterOrEqual: () => assertGreaterOrEqual(1, 2),
    assertLess: () => assertLess(1, 1),
    assertLessOrEqual: () => assertLessOrEqual(2, 1),
    fail: () => fail("as it should"),
    unreachable: () => unreachable(),
  };
  for (const [name, fn] of Object.entries(cases)) {
    await t.step(name, () => {
      assertThrows(fn, AssertionError);
    });
  }
});
