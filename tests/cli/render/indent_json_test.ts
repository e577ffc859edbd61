import { assertEquals } from "@std/assert";
import { indentJson } from "../../../src/cli/render/indent_json.ts";

Deno.test("indentJson() adds line breaks, and changes nothing else", async (t) => {
  const texts: Readonly<Record<string, string>> = {
    "what JavaScript would write otherwise":
      '{"10":1.0,"9":18446744073709551615,"a":"\\u0061\\/\\"}"}',
    "nothing": " [ ]",
    "nothing inside": '{"a":{},"b":[ ],"c":[[]]}',
    "text that looks like structure": '["{[,:]}\\\\",", "]',
    "a text": '"a"',
  };
  const expected = [
    '{\n    "10": 1.0,\n    "9": 18446744073709551615,\n' +
    '    "a": "\\u0061\\/\\"}"\n}',
    "[]",
    '{\n    "a": {},\n    "b": [],\n    "c": [\n        []\n    ]\n}',
    '[\n    "{[,:]}\\\\",\n    ", "\n]',
    '"a"',
  ];
  for (const [index, [name, text]] of Object.entries(texts).entries()) {
    await t.step(name, () => {
      const shown = indentJson(text);
      assertEquals<string | undefined>(shown, expected[index]);
      assertEquals(JSON.parse(shown), JSON.parse(text));
    });
  }
});
