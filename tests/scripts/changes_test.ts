import { assert, assertEquals } from "@std/assert";
import {
  type Change,
  describeChange,
  findDescribed,
  isEquivalent,
  listChanges,
} from "../../scripts/lib/mutate/changes.ts";
import { listMutations } from "../../scripts/lib/mutate/mutations.ts";
import { tempDir } from "../support/temp_dir.ts";

function changesOf(path: string, source: string): readonly Change[] {
  return listMutations(source).map((one) => ({ ...one, path, source }));
}

Deno.test("listChanges() takes a file, or all of a folder", async () => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("folder"));
  const [b, a] = [dir.join("folder/b.ts"), dir.join("a.ts")];
  await Deno.writeTextFile(b, "export const b = 1;\n");
  await Deno.writeTextFile(a, "export const a = 2;\n");
  await Deno.writeTextFile(dir.join("c.sh"), "c = 3;\n");
  const pathsOf = async (path: string) =>
    (await listChanges(path)).map((change) => change.path);
  assertEquals(await pathsOf(dir.path), [a, b]);
  assertEquals(await pathsOf(b), [b]);
});

Deno.test("listChanges() leaves out what is no part of the program", async () => {
  const ofAll = (await listChanges("src")).map(({ path }) => path);
  assertEquals(ofAll.filter((path) => path.startsWith("src/std/")), []);
  assertEquals(ofAll.filter((path) => path.startsWith("src/cri/api/")), []);
  assert(ofAll.includes("src/formats/port.ts"));
  assert((await listChanges("src/std/tar")).length > 0);
});

Deno.test("isEquivalent() reports what changes types alone", async (t) => {
  const cases: [string, string, boolean][] = [
    ["a type", "type A = true;", true],
    ["a member of a type", "interface A { b: false }", true],
    ["a value", "const a = true;", false],
    ["a value with a type", "const a: boolean = true;", false],
  ];
  for (const [name, source, expected] of cases) {
    await t.step(name, () => {
      const [change] = changesOf("a.ts", source);
      assertEquals(change && isEquivalent(change), expected);
    });
  }
});

Deno.test("findDescribed() finds changes where lines were inserted", async (t) => {
  const before = changesOf("src/a.ts", "a = true;\nb = 1;\nc = true;\n");
  const said = before.map(describeChange);
  assertEquals(said, [
    "src/a.ts:1: true  ->  false",
    "src/a.ts:2: 1  ->  (1 + 1)",
    "src/a.ts:3: true  ->  false",
  ]);
  const inserted = "\na = true;\nb = 1;\nc = true;\n";
  const cases: [string, string, string, string[], number[]][] = [
    ["all", "src/a.ts", inserted, said, [2, 3, 4]],
    ["the nearest of equal ones", "src/a.ts", inserted, said.slice(2), [4]],
    ["none of another file", "src/b.ts", inserted, said, []],
    ["none that is gone", "src/a.ts", "b = 2;", said, []],
    ["one of two", "src/a.ts", "a = true;", said, [1]],
    ["nothing that is no description", "src/a.ts", inserted, ["true"], []],
  ];
  for (const [name, path, source, descriptions, lines] of cases) {
    await t.step(name, () => {
      const found = findDescribed(changesOf(path, source), descriptions);
      assertEquals(found.map(({ line }) => line), lines);
    });
  }
});
