import { assertEquals } from "@std/assert";
import { checkLayers } from "../../scripts/check_layers.ts";

function check(path: string, source: string): string[] {
  return checkLayers([{ path, source }]);
}

Deno.test("checkLayers() lets imports go down", async (t) => {
  const cases: [string, string, string][] = [
    ["cli to engine", "src/cli/a.ts", `import "../engine/a.ts";`],
    ["cli to the bottom", "src/cli/a.ts", `import "../formats/a.ts";`],
    ["engine to store", "src/engine/a.ts", `import "../store/a.ts";`],
    ["store to fs", "src/store/a.ts", `import "../fs/a.ts";`],
    ["fs to process", "src/fs/a.ts", `import "../process/a.ts";`],
    ["formats to errors", "src/formats/a.ts", `import "../errors/b.ts";`],
    ["the same folder", "src/image/a.ts", `import "./b.ts";`],
    ["a folder inside", "src/cli/commands/a.ts", `import "../b.ts";`],
    ["mod.ts re-exports", "src/mod.ts", `export { a } from "./engine/a.ts";`],
    ["a layer's does", "src/engine/mod.ts", `export { a } from "./a.ts";`],
    ["packages", "src/fs/a.ts", `import "@std/path"; import "node:fs";`],
    ["an adapter", "src/std/fs/mod.ts", `export { a } from "./a.ts";`],
  ];
  for (const [name, path, source] of cases) {
    await t.step(name, () => assertEquals(check(path, source), []));
  }
});

Deno.test("checkLayers() refuses imports up and sideways", async (t) => {
  const cases: [string, string, string, string][] = [
    ["up", "src/store/a.ts", "../engine/b.ts", "store may not import engine"],
    ["to the top", "src/fs/a.ts", "../mod.ts", "fs may not import mod"],
    [
      "sideways",
      "src/store/a.ts",
      "../mount/b.ts",
      "store may not import mount",
    ],
    [
      "at the bottom",
      "src/formats/a.ts",
      "../fs/b.ts",
      "formats may not import fs",
    ],
    [
      "process to fs",
      "src/process/a.ts",
      "../fs/b.ts",
      "process may not import fs",
    ],
    ["mod to cli", "src/mod.ts", "./cli/b.ts", "mod may not import cli"],
    [
      "errors to a layer",
      "src/errors/a.ts",
      "../formats/a.ts",
      "errors may not import formats",
    ],
    [
      "by a detour",
      "src/fs/a.ts",
      "../fs/../cli/b.ts",
      "fs may not import cli",
    ],
    [
      "to an adapter's file",
      "src/fs/a.ts",
      "../std/fs/walk.ts",
      "fs may not import std",
    ],
    [
      "adapter to adapter",
      "src/std/fs/a.ts",
      "../path/mod.ts",
      "std may not import std",
    ],
    ["out of src", "src/fs/a.ts", "../../tests/b.ts", "it is outside of src"],
    [
      "the door from inside",
      "src/fs/a.ts",
      "orlop",
      "inside, import the file itself",
    ],
    [
      "an unknown folder",
      "src/utils/a.ts",
      "../fs/b.ts",
      `"utils" is no layer`,
    ],
  ];
  for (const [name, path, specifier, why] of cases) {
    await t.step(name, () => {
      assertEquals(
        check(path, `\nimport { b } from "${specifier}";`),
        [`${path}:2: Cannot import "${specifier}": ${why}`],
      );
    });
  }
});

Deno.test("checkLayers() keeps the order of rooms", async (t) => {
  const room = (name: string) => `src/engine/${name}/a.ts`;
  const cases: [string, string, string, string[]][] = [
    ["down", room("pods"), "../images/b.ts", []],
    ["inside", room("pods"), "./b.ts", []],
    ["to a file beside the rooms", room("images"), "../b.ts", []],
    ["from a file beside them", "src/engine/a.ts", "./pods/b.ts", []],
    ["up", room("images"), "../pods/b.ts", ["images may not import pods"]],
    ["sideways", room("cleanup"), "../doctor/b.ts", [
      "cleanup may not import doctor",
    ]],
    ["where there is no order", "src/formats/tar/a.ts", "../oci/b.ts", []],
  ];
  for (const [name, path, specifier, expected] of cases) {
    await t.step(name, () => {
      assertEquals(
        check(path, `import "${specifier}";`),
        expected.map((why) =>
          `${path}:1: Cannot import "${specifier}": ${why}`
        ),
      );
    });
  }
});

Deno.test("checkLayers() refuses circles, also of types", () => {
  const files = [
    { path: "src/fs/a.ts", source: `import { b } from "./b.ts";` },
    { path: "src/fs/b.ts", source: `\nimport type { C } from "./c.ts";` },
    { path: "src/fs/c.ts", source: `import { a } from "./a.ts";` },
    { path: "src/fs/d.ts", source: `import { a } from "./a.ts";` },
  ];
  const [a, b, c] = files.map(({ path }) => path);
  assertEquals(checkLayers(files), [
    `${a}:1: Cannot import "./b.ts": a circle: ${b}, ${c}, ${a}`,
    `${b}:2: Cannot import "./c.ts": a circle: ${c}, ${a}, ${b}`,
    `${c}:1: Cannot import "./a.ts": a circle: ${a}, ${b}, ${c}`,
  ]);
});

Deno.test("checkLayers() refuses crowded folders", () => {
  const files = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      ...{ path: `src/fs/f${n}.ts`, source: "" },
    }));
  assertEquals(checkLayers(files(25)), []);
  assertEquals(checkLayers(files(26)), [
    "src/fs: Cannot hold 26 files: 25 are the most",
  ]);
});

Deno.test("checkLayers() sees every kind of import", async (t) => {
  const cases: [string, string][] = [
    ["for its effect", `import "../cli/b.ts";`],
    ["over lines", `import {\n  b, // "c"\n} from "../cli/b.ts";`],
    ["of a type", `import type { B } from '../cli/b.ts';`],
    ["by name", `import b, * as c from "../cli/b.ts"`],
    ["while running", `const b = await import("../cli/b.ts");`],
    ["while running, by template", "await import(`../cli/${name}.ts`);"],
    ["in a type", `type B = import("../cli/b.ts").B;`],
    ["as a worker", `new Worker(new URL("../cli/b.ts", import.meta.url));`],
    ["after a pattern", `const p = /"/; import "../cli/b.ts"; // "`],
    ["after a template", "const t = `${a ? `}` : {}}`; import '../cli/b.ts'"],
    ["after a division", `const d = a / 2; import "../cli/b.ts"; a / 2`],
  ];
  for (const [name, source] of cases) {
    await t.step(name, () => {
      assertEquals(check("src/store/a.ts", source).length, 1);
    });
  }
});

Deno.test("checkLayers() overlooks what is no import", async (t) => {
  const cases: [string, string][] = [
    ["a line of comment", `// import "../cli/b.ts";`],
    ["an example", `/**\n * import { b } from "../cli/b.ts";\n */`],
    ["a text", `const a = 'import "../cli/b.ts"';`],
    ["a template", 'const a = `import "../cli/b.ts"`;'],
    ["a pattern", `const a = [/import "..\\/cli"/];`],
    ["a call of from()", `Array.from("../cli/b.ts");`],
  ];
  for (const [name, source] of cases) {
    await t.step(name, () => {
      assertEquals(check("src/store/a.ts", source), []);
    });
  }
});

Deno.test("checkLayers() keeps modules of Node off quick starts", async (t) => {
  const ps = "src/cli/commands/containers/ps.ts";
  const cases: [string, string, string, boolean][] = [
    ["by a file of the store", `import "node:fs";`, ps, false],
    ["by name", `import { statSync } from "node:fs";`, ps, false],
    ["with a name that is a type", `import type from "node:fs";`, ps, false],
    ["of a re-export", `export { statSync } from "node:fs";`, ps, false],
    ["of a type", `import type { Stats } from "node:fs";`, ps, true],
    ["while running", `await import("node:fs");`, ps, true],
    ["in a type", `type Fs = typeof import("node:fs");`, ps, true],
    ["for pull", `import "node:fs";`, "src/cli/commands/images/pull.ts", true],
  ];
  for (const [name, source, command, isFine] of cases) {
    await t.step(name, () => {
      const found = checkLayers([
        { path: command, source: `import "${"../".repeat(3)}store/a.ts";` },
        { path: "src/store/a.ts", source: `import "./b.ts";` },
        { path: "src/store/b.ts", source },
      ]).filter((problem) => !problem.includes("re-exports"));
      assertEquals(
        found,
        isFine ? [] : [
          `src/store/b.ts:1: Cannot import "node:fs": ${command} starts ` +
          `with it; use Deno's own, or await import()`,
        ],
      );
    });
  }
});

Deno.test("checkLayers() keeps modules of Node out of adapters", () => {
  const found = checkLayers([
    { path: "src/cli/run_cli.ts", source: `import { join } from "@std/path";` },
    { path: "src/std/path/mod.ts", source: `import "node:path";` },
  ]);
  assertEquals(found.length, 1);
});

Deno.test("checkLayers() refuses re-exports outside of mod.ts", () => {
  assertEquals(
    check("src/fs/a.ts", `export { b } from "./b.ts";`),
    [`src/fs/a.ts:1: Cannot import "./b.ts": only mod.ts re-exports`],
  );
  assertEquals(
    check("src/fs/a.ts", `export const a = 1;\nimport "./b.ts";`),
    [],
  );
});

Deno.test("checkLayers() keeps programs, network and FFI in their places", async (t) => {
  const cases: [string, string, string, string][] = [
    [
      "Deno.Command",
      `new Deno.Command("a")`,
      "src/process/a.ts",
      "src/mount/a.ts",
    ],
    [
      "node:child_process",
      `import "node:child_process"`,
      "src/process/a.ts",
      "src/fs/a.ts",
    ],
    ["fetch", `await fetch("a")`, "src/registry/a.ts", "src/engine/a.ts"],
    ["fetch", `globalThis.fetch("a")`, "src/registry/a.ts", "src/cli/a.ts"],
    [
      "dlopen",
      `Deno.dlopen("a", {})`,
      "src/process/bind_libc.ts",
      "src/process/a.ts",
    ],
  ];
  for (const [what, source, right, wrong] of cases) {
    await t.step(`${what} in ${wrong}`, () => {
      assertEquals(check(right, source), []);
      assertEquals(
        check(wrong, source),
        [`${wrong}:1: Cannot use "${what}" here: it has one place`],
      );
    });
  }
  await t.step("a method of that name", () => {
    assertEquals(
      check("src/store/a.ts", `source.fetch("a"); this.#fetch();`),
      [],
    );
  });
});
