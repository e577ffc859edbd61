import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import {
  findByLine,
  joinLines,
  type LineNotes,
  listUnnoted,
  noteTest,
  parseLcov,
  readNotes,
} from "../../scripts/lib/mutate/line_notes.ts";
import { tempDir } from "../support/temp_dir.ts";

const hashOf = (text: string) =>
  createHash("sha256").update(text).digest("hex").slice(0, 12);

Deno.test("parseLcov() finds the lines that ran", () => {
  const text = "SF:/a.ts\nDA:1,1\nDA:2,0\nDA:3,12\nend_of_record\n" +
    "SF:/b.ts\nFNDA:1,f\nend_of_record\n";
  assertEquals(
    parseLcov(text),
    new Map([["/a.ts", [1, 3]], ["/b.ts", []]]),
  );
});

Deno.test("joinLines() writes ranges", () => {
  const cases: readonly (readonly [number[], string])[] = [
    [[], ""],
    [[7], "7"],
    [[1, 2, 3, 5, 8, 9], "1-3,5,8-9"],
  ];
  for (const [lines, text] of cases) assertEquals(joinLines(lines), text);
});

Deno.test("findByLine() finds the tests that run a line, the quickest first", async (t) => {
  const source = "a;\nb;\n";
  const hash = hashOf(source);
  const noted = (ms: number, lines: string) => ({
    ...{ hash: "", ms, lines: { "src/a.ts": lines } },
  });
  const notes: LineNotes = {
    slow: noted(30, `${hash} 1-4,20,40-50`),
    quick: noted(10, `${hash} 2`),
    nothing: noted(5, `${hash} `),
    another: { hash: "", ms: 1, lines: { "src/b.ts": `${hash} 1-9` } },
  };
  const cases: readonly (readonly [string, string, number, string[]])[] = [
    ["both", source, 2, ["quick", "slow"]],
    ["just behind", source, 4, ["quick", "slow"]],
    ["just behind a range", source, 6, ["slow"]],
    ["between ranges", source, 7, []],
    ["just before a line", source, 18, ["slow"]],
    ["before that", source, 17, []],
    ["in the last range", source, 45, ["slow"]],
    ["far behind", source, 53, []],
    ["a changed source", "c;\n", 5, ["nothing", "quick", "slow"]],
  ];
  for (const [name, source, line, expected] of cases) {
    await t.step(name, () => {
      const found = findByLine(notes, { path: "src/a.ts", line, source });
      assertEquals(found, expected);
    });
  }
});

Deno.test("noteTest() notes what a test runs, until it changes", async () => {
  using dir = tempDir();
  for (const folder of ["src", "tests", "tests/e2e"]) {
    await Deno.mkdir(dir.join(folder));
  }
  const source = "export function f(a: number) {\n" +
    "  if (a > 0) return 1;\n  return 2;\n}\n";
  const test = 'import { f } from "../src/f.ts";\nDeno.test("f", () => {\n' +
    "  f(0);\n});\n";
  await Deno.writeTextFile(dir.join("src/f.ts"), source);
  await Deno.writeTextFile(dir.join("tests/f_test.ts"), test);
  await Deno.writeTextFile(dir.join("tests/e2e/all_test.ts"), test);
  const { hash, lines } = await noteTest(dir.path, "tests/f_test.ts");
  assertEquals(hash, hashOf(test));
  const [noted, ranges] = lines["src/f.ts"]?.split(" ") ?? [];
  assertEquals([noted, ranges], [hashOf(source), "1,3-4"]);
  const notes = { "tests/f_test.ts": { hash, lines, ms: 1 } };
  assertEquals(await listUnnoted(dir.path, notes), []);
  assertEquals(await listUnnoted(dir.path, {}), ["tests/f_test.ts"]);
  await Deno.writeTextFile(dir.join("tests/f_test.ts"), `${test}\n`);
  assertEquals(await listUnnoted(dir.path, notes), ["tests/f_test.ts"]);
  assertEquals(await readNotes(dir.join("none")), {});
});
