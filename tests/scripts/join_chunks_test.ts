import { assertEquals, assertThrows } from "@std/assert";
import {
  type Chunks,
  type Layers,
  placeChunks,
  readChunk,
  writePart,
} from "../../scripts/lib/join_chunks.ts";

const LICENSE = "/*! of somebody */\n";

Deno.test("readChunk() takes a chunk apart", async (t) => {
  const a = { name: "a", as: "a" };
  const cases = [
    ["nothing", "", { imports: [], exports: [], body: "" }],
    [
      "a chunk that others use",
      `import {\n  a,\n  b as b2\n} from "./chunk-X.js";\n\nf(a);\n\nexport {\n  a\n};\n`,
      {
        imports: [{
          from: "chunk-X.js",
          bindings: [a, { name: "b", as: "b2" }],
        }],
        exports: [a],
        body: "\nf(a);\n\n",
      },
    ],
    [
      "one that is needed for its effects only",
      `import "./chunk-X.js";\nf();\n`,
      { imports: [], exports: [], body: "f();\n" },
    ],
    [
      "one that hands on what another exports",
      `import {\n  a\n} from "./chunk-X.js";\nexport {\n  a\n};\n`,
      {
        imports: [{ from: "chunk-X.js", bindings: [a] }],
        exports: [a],
        body: "",
      },
    ],
    [
      "a module of the runtime",
      `import { a } from "node:a";\nexport {\n  a\n};\n${LICENSE}`,
      {
        imports: [],
        exports: [a],
        body: `import { a } from "node:a";\n${LICENSE}`,
      },
    ],
    [
      "text that looks like an export",
      "var t = `\nexport {\n  b\n};\n`;\n\nexport {\n  a\n};\n",
      {
        imports: [],
        exports: [a],
        body: "var t = `\nexport {\n  b\n};\n`;\n\n",
      },
    ],
  ] as const;
  for (const [name, text, expected] of cases) {
    await t.step(name, () => {
      const { name: _name, ...read } = readChunk("chunk-A.js", text);
      assertEquals<unknown>(read, expected);
    });
  }
});

/** A bundle of files that import each other. */
function bundle(graph: Readonly<Record<string, string>>): Chunks {
  return new Map(
    Object.entries(graph).map(([name, names]) => [
      `${name}.js`,
      readChunk(
        `${name}.js`,
        names.split(" ").filter(Boolean)
          .map((from) => `import {\n  a\n} from "./${from}.js";\n`).join(""),
      ),
    ]),
  );
}

const BUNDLE = bundle({
  main: "chunk-base",
  "run_cli-ABCDEFG1": "chunk-base chunk-cli",
  "ps-ABCDEFG1": "chunk-store chunk-lists chunk-cli",
  "images-ABCDEFG1": "chunk-lists chunk-image",
  "rm-ABCDEFG1": "chunk-store chunk-image chunk-trash",
  "chunk-base": "",
  "chunk-cli": "chunk-base",
  "chunk-store": "chunk-cli",
  "chunk-lists": "chunk-store",
  "chunk-image": "chunk-store",
  "chunk-trash": "",
});

const LAYERS: Layers = {
  "base.js": [["main"]],
  "cli.js": [["run_cli"]],
  "lists.js": [["ps", "images"]],
};

Deno.test("placeChunks() joins what is loaded together anyway", () => {
  assertEquals(Object.fromEntries(placeChunks(BUNDLE, LAYERS)), {
    // Who imports the base must not run the program.
    "main.js": "main.js",
    "chunk-base.js": "base.js",
    "run_cli-ABCDEFG1.js": "cli.js",
    "chunk-cli.js": "cli.js",
    "chunk-store.js": "lists.js",
    "chunk-lists.js": "lists.js",
    "ps-ABCDEFG1.js": "ps-ABCDEFG1.js",
    "images-ABCDEFG1.js": "images-ABCDEFG1.js",
    "chunk-image.js": "chunk-image.js",
    "rm-ABCDEFG1.js": "rm-ABCDEFG1.js",
    "chunk-trash.js": "rm-ABCDEFG1.js",
  });
});

Deno.test("placeChunks() refuses what no file is called", () => {
  assertThrows(
    () => placeChunks(BUNDLE, { "x.js": [["gone"]] }),
    Error,
    'Cannot find "gone"',
  );
  assertThrows(
    () => placeChunks(bundle({ main: "chunk-gone" }), { "x.js": [["main"]] }),
    Error,
    'Cannot find chunk "chunk-gone.js"',
  );
});

Deno.test("writePart() distinguishes files of their own from parts", () => {
  const places = new Map([
    ["chunk-A.js", "a.js"],
    ["chunk-B.js", "a.js"],
    ["chunk-C.js", "c.js"],
    ["run_cli-X.js", "c.js"],
  ]);
  assertThrows(
    () => writePart(readChunk("chunk-A.js", `import("./gone-X.js");`), places),
    Error,
    'Cannot find chunk "gone-X.js"',
  );
  const text = `import {\n  b\n} from "./chunk-B.js";
import {\n  c as d\n} from "./chunk-C.js";
import {\n  run\n} from "./run_cli-X.js";
f(b, d, run, () => import("./run_cli-X.js"));
export {\n  f\n};
`;
  assertEquals(
    writePart(readChunk("chunk-A.js", text), places),
    `import { chunk_B_js_b as b } from "./chunk-B.js";
import { chunk_C_js_c as d } from "joined:c.js";
import { run as run } from "joined:c.js";
f(b, d, run, () => import("joined:c.js"));

export { f as chunk_A_js_f };
`,
  );
});
