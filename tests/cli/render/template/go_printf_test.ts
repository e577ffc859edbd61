import { assertEquals } from "@std/assert";
import { goPrintf } from "../../../../src/cli/render/template/go_printf.ts";
import { GoMap } from "../../../../src/cli/render/template/go_values.ts";

const MAP = new GoMap([["b", 2], ["a", "x"]]);

// What Go 1.26's fmt.Sprintf prints.
const CASES: readonly (readonly [string, readonly unknown[], string])[] = [
  ["", [], ""],
  ["plain", [], "plain"],
  ["100%%", [], "100%"],
  ["%s-%s", ["a", "b"], "a-b"],
  ["%5s|", ["ab"], "   ab|"],
  ["%-5s|", ["ab"], "ab   |"],
  ["%.1s|", ["äb"], "ä|"],
  ["%5.1s|", ["äb"], "    ä|"],
  ["%.s|", ["ab"], "|"],
  ["%*s|", [4, "a"], "   a|"],
  ["%.*s|", [1, "abc"], "a|"],
  ["%q", ['a"b'], '"a\\"b"'],
  ["%.1q", ["abc"], '"a"'],
  ["%6q|", ["a"], '   "a"|'],
  ["%x", ["hi"], "6869"],
  ["%X", ["ÿ"], "C3BF"],
  ["%v", ["a"], "a"],
  ["%v", [true], "true"],
  ["%v", [null], "<nil>"],
  ["%v", [["a", 1]], "[a 1]"],
  ["%v", [MAP], "map[a:x b:2]"],
  ["%v", [{ A: 1, B: "x" }], "{1 x}"],
  ["%q", [["a", "b"]], '["a" "b"]'],
  ["%s", [["a", "b"]], "[a b]"],
  ["%5v|", [7], "    7|"],
  ["%05v|", [7], "00007|"],
  ["%+v", [7], "+7"],
  ["%t", [false], "false"],
  ["%6t|", [true], "  true|"],
  ["%d", [42], "42"],
  ["%5d|", [42], "   42|"],
  ["%-5d|", [42], "42   |"],
  ["%05d", [42], "00042"],
  ["%05d", [-42], "-0042"],
  ["%+d", [42], "+42"],
  ["%+d", [-42], "-42"],
  ["% d", [42], " 42"],
  ["% d", [-42], "-42"],
  ["%.4d", [42], "0042"],
  ["%.4d", [-42], "-0042"],
  ["%b", [5], "101"],
  ["%o", [8], "10"],
  ["%O", [8], "0o10"],
  ["%x", [255], "ff"],
  ["%X", [255], "FF"],
  ["%c", [0x263a], "☺"],
  ["%c", [0x110000], "\ufffd"],
  ["%q", [97], "'a'"],
  ["%U", [0x263a], "U+263A"],
  ["%U", [1], "U+0001"],
  ["%f", [2.5], "2.500000"],
  ["%f", [2], "2.000000"],
  ["%.1f", [2.55], "2.5"],
  ["%.f", [2.5], "3"],
  ["%8.2f|", [2.5], "    2.50|"],
  ["%08.2f", [-2.5], "-0002.50"],
  ["%F", [1.5], "1.500000"],
  ["%e", [1500], "1.500000e+03"],
  ["%.1e", [0.0015], "1.5e-03"],
  ["%g", [2.5], "2.5"],
  ["%.2g", [2.55], "2.5"],
  ["%.0g", [2.5], "3"],
  ["%T", ["a"], "string"],
  ["%T", [1], "int"],
  ["%T", [1.5], "float64"],
  ["%T", [true], "bool"],
  ["%T", [null], "<nil>"],
  ["%T", [[]], "[]interface {}"],
  ["%T", [MAP], "map[string]interface {}"],
  ["%8T|", [1], "     int|"],
  ["%d", ["a"], "%!d(string=a)"],
  ["%s", [5], "%!s(int=5)"],
  ["%t", [5], "%!t(int=5)"],
  ["%d", [1.5], "%!d(float64=1.5)"],
  ["%s", [true], "%!s(bool=true)"],
  ["%s", [null], "%!s(<nil>=<nil>)"],
  ["%z", ["a"], "%!z(string=a)"],
  ["%!", ["a"], "%!!(string=a)"],
  ["%s", [], "%!s(MISSING)"],
  ["%s %s", ["a"], "a %!s(MISSING)"],
  ["%s", ["a", "b", 3], "a%!(EXTRA string=b, int=3)"],
  ["x", ["a"], "x%!(EXTRA string=a)"],
  ["100%", [], "100%!(NOVERB)"],
];

Deno.test("goPrintf() prints as Go does", async (t) => {
  for (const [format, values, text] of CASES) {
    await t.step(`${format} ${JSON.stringify(values)}`, () => {
      assertEquals(goPrintf(format, values), text);
    });
  }
});

Deno.test("goPrintf() fills no memory with blanks or digits", () => {
  assertEquals(goPrintf("%99999999s", ["a"]).length, 10_000);
  assertEquals(goPrintf("%*s", [1e9, "a"]).length, 10_000);
  assertEquals(goPrintf("%*s", ["x", "a"]), "a");
  assertEquals(goPrintf("%.99999f", [1]).length, "1.".length + 100);
});
