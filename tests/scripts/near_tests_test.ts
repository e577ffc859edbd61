import { assertEquals } from "@std/assert";
import {
  chooseTests,
  makeLoadGraph,
} from "../../scripts/lib/mutate/near_tests.ts";

const SOURCES = {
  "src/a/low.ts": "",
  "src/a/lone.ts": "",
  "src/a/typed.ts": "export interface A {}",
  "src/a/high.ts": `import { low } from "./low.ts";
import type { A } from "./typed.ts";
import {
  other,
} from "../b/other.ts";`,
  "src/b/other.ts": "",
  "src/mod.ts": `export { high } from "./a/high.ts";`,
  "tests/a/low_test.ts": `import { low } from "../../src/a/low.ts";`,
  "tests/a/high_test.ts": `import { high } from "../../src/a/high.ts";`,
  "tests/b/all_test.ts": `import { high } from "orlop";`,
  "tests/b/also_test.ts": `import { high } from "../../src/a/high.ts";`,
  "tests/b/worker_test.ts": `start("../support/worker.ts");`,
  "tests/e2e/low_test.ts": `import { low } from "../../src/a/low.ts";`,
  "tests/support/worker.ts": `import { other } from "../../src/b/other.ts";`,
};

Deno.test("chooseTests() finds who loads a file, the nearest first", async (t) => {
  const graph = makeLoadGraph(new Map(Object.entries(SOURCES)));
  const cases: [string, string, string[], string[]][] = [
    [
      "its own test, then those that load it through others",
      "src/a/low.ts",
      ["tests/a/low_test.ts"],
      ["tests/a/high_test.ts", "tests/b/also_test.ts", "tests/b/all_test.ts"],
    ],
    [
      "through the library's door, and through a program that a test starts",
      "src/b/other.ts",
      [],
      [
        "tests/b/worker_test.ts",
        "tests/a/high_test.ts",
        "tests/b/also_test.ts",
        "tests/b/all_test.ts",
      ],
    ],
    ["a type is not loaded", "src/a/typed.ts", [], []],
    ["nobody", "src/a/lone.ts", [], []],
    ["an unknown file", "src/a/new.ts", [], []],
  ];
  for (const [name, path, own, near] of cases) {
    await t.step(name, () => {
      assertEquals(chooseTests(graph, path), { own, near });
    });
  }
});

Deno.test("chooseTests() takes few of many, those first that load least", () => {
  const tests = Array.from({ length: 40 }, (_, n): [string, string] => [
    `tests/b/n${n}_test.ts`,
    `import "../../src/a/one.ts";` + (n < 38 ? `import "./more.ts";` : ""),
  ]);
  const graph = makeLoadGraph(
    new Map([["src/a/one.ts", ""], ["tests/b/more.ts", ""], ...tests]),
  );
  const { near } = chooseTests(graph, "src/a/one.ts");
  assertEquals(near.length, 6);
  assertEquals(near.slice(0, 2), [
    "tests/b/n38_test.ts",
    "tests/b/n39_test.ts",
  ]);
});
