import { assertEquals, assertThrows } from "@std/assert";
import {
  goPrint,
  goPrintLine,
  goQuoted,
  goText,
} from "../../../../src/cli/render/template/go_text.ts";
import {
  describeKind,
  findField,
  GoMap,
  GoTime,
  isTrue,
  toGoSet,
  toGoValue,
} from "../../../../src/cli/render/template/go_values.ts";
import { callFunction } from "../../../../src/cli/render/template/template_functions.ts";

const MAP = new GoMap([["a", "1"], ["b", "2"]]);
const MIXED = new GoMap([["a", 1]]);
const [isYes, isNo] = [true, false];
const nothing = undefined;

const CASES: readonly (readonly [string, readonly unknown[], unknown])[] = [
  ["and", [1, 0, 2], 0],
  ["and", [1, 2], 2],
  ["or", [0, 2, 3], 2],
  ["or", [0, ""], ""],
  ["not", [0], isYes],
  ["not", [[1]], isNo],
  ["len", ["äb"], 3],
  ["len", [[1, 2]], 2],
  ["len", [MAP], 2],
  ["index", [[5, 6], 1], 6],
  ["index", [[[5, 6]], 0, 1], 6],
  ["index", [[5]], [5]],
  ["index", [MAP, "b"], "2"],
  ["index", [MAP, "x"], ""],
  ["index", [MIXED, "x"], nothing],
  ["slice", [[1, 2, 3]], [1, 2, 3]],
  ["slice", [[1, 2, 3], 1], [2, 3]],
  ["slice", [[1, 2, 3], 1, 2], [2]],
  ["slice", [[1, 2, 3], 3], []],
  ["slice", ["abc", 1, 2], "b"],
  ["slice", ["äb", 2], "b"],
  ["eq", [1, 1], isYes],
  ["eq", [1, 2, 1], isYes],
  ["eq", ["a", "b"], isNo],
  ["eq", [null, undefined], isYes],
  ["eq", [null, 1], isNo],
  ["ne", [1, 2], isYes],
  ["ne", [1, 1], isNo],
  ["lt", [1, 2], isYes],
  ["lt", [2, 2], isNo],
  ["le", [2, 2], isYes],
  ["le", [3, 2], isNo],
  ["gt", [3, 2], isYes],
  ["gt", [2, 2], isNo],
  ["ge", [2, 2], isYes],
  ["ge", [1, 2], isNo],
  ["lt", ["a", "b"], isYes],
  ["lt", ["b", "a"], isNo],
  ["le", ["a", "a"], isYes],
  ["gt", ["b", "a"], isYes],
  ["print", [], ""],
  ["print", ["a", "b"], "ab"],
  ["print", [1, 2], "1 2"],
  ["print", [1, "a", 2], "1a2"],
  ["println", [1, "a"], "1 a\n"],
  ["printf", ["%s!", "a"], "a!"],
  ["urlquery", ["a b&c=ä!'()*"], "a+b%26c%3D%C3%A4%21%27%28%29%2A"],
  ["html", [`<a href="x">'&`], "&lt;a href=&#34;x&#34;&gt;&#39;&amp;"],
  ["json", [{ a: [1, "x"] }], '{"a":[1,"x"]}'],
  ["json", [undefined], "null"],
  ["json", [new GoMap([["b", 1], ["a", 2]])], '{"a":2,"b":1}'],
  ["join", [["a", "b"], "-"], "a-b"],
  ["join", [null, "-"], ""],
  ["split", ["a-b", "-"], ["a", "b"]],
  ["lower", ["ÄB"], "äb"],
  ["upper", ["äb"], "ÄB"],
  ["title", ["hello wörld-wide 2nd a_b"], "Hello Wörld-Wide 2nd A_b"],
  ["truncate", ["äbc", 2], "äb"],
  ["truncate", ["a", 5], "a"],
  ["pad", ["a", 1, 2], " a  "],
  ["pad", ["", 1, 2], ""],
  ["lower", [undefined], ""],
];

Deno.test("callFunction() does what Go's functions do", async (t) => {
  for (const [name, values, result] of CASES) {
    await t.step(`${name} ${JSON.stringify(values)}`, () => {
      assertEquals(callFunction(name, values), result);
    });
  }
});

Deno.test("callFunction() reports what a function cannot do", async (t) => {
  const cases: readonly (readonly [string, readonly unknown[], string])[] = [
    ["odd", [], 'there is no function "odd"'],
    ["not", [], "it takes 1 argument, not 0"],
    ["not", [1, 2], "it takes 1 argument, not 2"],
    ["lt", [1], "it takes 2 arguments, not 1"],
    ["eq", [1], "it takes at least 2 arguments, not 1"],
    ["slice", [1, 2, 3, 4], "it takes 1 to 3 arguments, not 4"],
    ["and", [], "it takes at least 1 argument, not 0"],
    ["len", [1], "a number has no length"],
    ["len", [null], "nothing has no length"],
    ["index", [[5], 1], "there is no item 1, only 1"],
    ["index", [[5], -1], '"-1" is no number from 0 on'],
    ["index", [[5], 0.5], '"0.5" is no number from 0 on'],
    ["index", ["a", 0], "a text cannot be indexed"],
    ["index", [MAP, 1], 'a number is no text: "1"'],
    ["slice", [[1], 2], "there is no slice 2 to 1, only 0 to 1"],
    ["slice", [[1], 0, 2], "there is no slice 0 to 2, only 0 to 1"],
    ["eq", [1, "a"], "a number and a text cannot be compared"],
    ["eq", [[], []], "a list and a list cannot be compared"],
    ["lt", [1, "a"], "a number and a text cannot be compared"],
    ["gt", [true, true], "true or false and true or false cannot be compared"],
    ["join", ["a", "-"], 'a text is no list: "a"'],
    ["join", [[1], "-"], 'a number is no text: "1"'],
    ["lower", [MAP], 'a map is no text: "map[a:1 b:2]"'],
    ["upper", [null], 'nothing is no text: "<nil>"'],
    ["pad", ["a", 100_001, 0], '"100001" is no number from 0 on'],
    ["lower", [["x".repeat(50)]], `a list is no text: "[${"x".repeat(39)}…"`],
  ];
  for (const [name, values, message] of cases) {
    await t.step(`${name}: ${message}`, () => {
      const error = assertThrows(() => callFunction(name, values), Error);
      assertEquals(error.message, message);
    });
  }
  assertEquals(
    callFunction("pad", ["a", 100_000, 0])?.toString().length,
    100_001,
  );
});

Deno.test("values are shown as Go shows them", async (t) => {
  const cases: readonly (readonly [unknown, string, string])[] = [
    ["a b", "a b", '"a b"'],
    [1.5, "1.5", "1.5"],
    [true, "true", "true"],
    [null, "<nil>", "<nil>"],
    [["a", ["b"]], "[a [b]]", '["a" ["b"]]'],
    [MAP, "map[a:1 b:2]", 'map["a":"1" "b":"2"]'],
    [{ X: "a", Y: null }, "{a <nil>}", '{"a" <nil>}'],
    [
      { rawJSON: "18446744073709551615" },
      "18446744073709551615",
      "18446744073709551615",
    ],
    [
      new GoTime("2024-05-06T07:08:09.120Z"),
      "2024-05-06 07:08:09.12 +0000 UTC",
      "2024-05-06 07:08:09.12 +0000 UTC",
    ],
  ];
  for (const [value, text, quoted] of cases) {
    await t.step(text, () => {
      assertEquals(goText(value), text);
      assertEquals(goQuoted(value), quoted);
    });
  }
  assertEquals(goText(undefined), "<no value>");
  assertEquals(goPrint([1, 2, "a", "b", 3]), "1 2ab3");
  assertEquals(goPrintLine([]), "\n");
});

Deno.test("GoTime shows zones and fractions as Go does", async (t) => {
  const cases: readonly (readonly [string, string, number])[] = [
    ["1970-01-01T00:00:01Z", "1970-01-01 00:00:01 +0000 UTC", 1],
    ["1970-01-01T00:00:01.500Z", "1970-01-01 00:00:01.5 +0000 UTC", 1],
    ["1970-01-01T00:00:01.000Z", "1970-01-01 00:00:01 +0000 UTC", 1],
    ["1970-01-01T00:00:01+00:00", "1970-01-01 00:00:01 +0000 UTC", 1],
    ["1970-01-01T02:00:01+02:00", "1970-01-01 02:00:01 +0200 +0200", 1],
    ["1969-12-31T20:30:01-03:30", "1969-12-31 20:30:01 -0330 -0330", 1],
    ["odd", "odd", NaN],
  ];
  for (const [text, shown, unix] of cases) {
    await t.step(text, () => {
      const time = new GoTime(text);
      assertEquals(String(time), shown);
      assertEquals(time.unix, unix);
      assertEquals(JSON.stringify({ time }), `{"time":"${text}"}`);
    });
  }
});

Deno.test("values of Go's kinds are told apart", () => {
  const kinds: readonly (readonly [unknown, string, boolean])[] = [
    [undefined, "nothing", false],
    [null, "nothing", false],
    [[], "a list", false],
    [[0], "a list", true],
    [new GoMap(), "a map", false],
    [MAP, "a map", true],
    [new GoTime("x"), "a time", true],
    ["", "a text", false],
    ["0", "a text", true],
    [0, "a number", false],
    [-1, "a number", true],
    [false, "true or false", false],
    [{}, "a structure", true],
  ];
  assertEquals(
    kinds.map(([value]) => [describeKind(value), isTrue(value)]),
    kinds.map(([, kind, isSo]) => [kind, isSo]),
  );
});

Deno.test("findField() takes podman's spellings of a field", () => {
  const struct = { Id: 1, RepoTags: 2, "repo_tags": 3, ID: 4 };
  const find = (name: string) => findField(struct, name);
  assertEquals(["Id", "ID", "id", "iD"].map(find), ["Id", "ID", "Id", "Id"]);
  assertEquals(["repotags", "Repo_Tags"].map(find), ["RepoTags", "RepoTags"]);
  assertEquals(["repo_tags", "none", ""].map(find), [
    ...["repo_tags", undefined, undefined],
  ]);
});

Deno.test("toGoValue() makes maps of JSON's objects", () => {
  const value = toGoValue({ b: [{ c: 1 }], a: null });
  assertEquals(goText(value), "map[a:<nil> b:[map[c:1]]]");
  const raw = { rawJSON: "1.0" };
  assertEquals(toGoValue(raw), raw);
  assertEquals(goText(toGoSet(["x", "y"])), "map[x:{} y:{}]");
});
