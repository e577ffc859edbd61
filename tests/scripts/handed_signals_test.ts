import { assertEquals } from "@std/assert";
import { walk } from "@std/fs";
import { findUnhandedSignals } from "../support/handed_signals.ts";

const TYPES = "interface Abortable { readonly signal?: AbortSignal }\n" +
  "interface More extends Abortable { readonly a: string }\n" +
  "interface Plain { readonly signal: number }\n";
const WAITING = "export async function wait(a: A, options: More) {}\n" +
  "export function also({ signal }: More) {}\n" +
  'export function other(a: A, b: More["a"], c: Plain) {}\n';

/** Bodies of a function that has a signal, and what they call without it. */
const BODIES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  "by its name": ["await wait(a, { signal });", []],
  "by another name": ["await wait(a, { signal: signal });", []],
  "with all options": ["await wait(a, { ...options, b });", []],
  "in a variable": ["const own = { signal }; await wait(a, own);", []],
  "made of one": [
    "const one = { signal }; const two = { ...one }; wait(a, two);",
    [],
  ],
  "without": ["await wait(a, { b });", ["wait"]],
  "with what is made of nothing": ["const own = { b }; wait(a, own);", [
    "wait",
  ]],
  "two calls": ["await wait(a, { signal }); also({ b });", ["also"]],
  "in arguments": ["f(wait(a, { b }), { signal });", ["wait"]],
  "in a function": ["all.map((one) => wait(one, { b }));", ["wait"]],
  "what does not wait": ["other(a, b, c);", []],
  "another's method": ["a.wait(b);", []],
};

Deno.test("findUnhandedSignals() finds calls that no one could stop", async (t) => {
  for (const [name, [body, callees]] of Object.entries(BODIES)) {
    await t.step(name, () => {
      const source = 'import { also, wait as own } from "./w.ts";\n' +
        'import { other, wait } from "./w.ts";\n' +
        'import type { More } from "./w.ts";\n' +
        `async function f(a: A, { signal }: More, options: More) {\n${body}\n}\n`;
      const sources = new Map([["src/w.ts", TYPES + WAITING], [
        "src/f.ts",
        source,
      ]]);
      const found = findUnhandedSignals(sources);
      assertEquals(
        found,
        callees.map((callee) => ({ path: "src/f.ts", line: 5, callee })),
      );
    });
  }
  await t.step("where there is no signal", () => {
    const source = 'import { wait } from "./w.ts";\nfunction f() { wait(a); }';
    const sources = new Map([["src/w.ts", TYPES + WAITING], [
      "src/f.ts",
      source,
    ]]);
    assertEquals(findUnhandedSignals(sources), []);
  });
});

/** Calls that go on when their caller is stopped, and why. */
const EXCEPTIONS: readonly string[] = [
  // In an attempt of several, whose own options have the signal.
  "src/engine/mounts/mount_layer.ts saveCount",
  "src/engine/mounts/mount_layer.ts mountOverlay",
  // Between two sizes of a terminal: it ends by itself.
  "src/engine/monitor/control.ts sleep",
  // What interrupts it is for the container, unless it comes again and again.
  "src/cli/commands/containers/container_attach.ts attachToContainer",
  // A body that is sent has a limit of its own, with the signal in it.
  "src/registry/send_request.ts limitSending",
  // They undo what was done, which has to end.
  "src/cri/spec/make_container_spec.ts removeImageVolumes",
  "src/engine/templates/look_into_image.ts unmountLayer",
  "src/engine/network/join_network.ts callPlugin",
  // It is disposed of.
  "src/cri/serve.ts startStreaming",
];

Deno.test("all of src hands on the signals that it has", async () => {
  const sources = new Map<string, string>();
  const options = { includeDirs: false, exts: [".ts"] };
  for await (const { path } of walk("src", options)) {
    if (/^src\/(?:std|cri\/api)\//.test(path)) continue;
    sources.set(path, await Deno.readTextFile(path));
  }
  const found = findUnhandedSignals(sources)
    .map(({ path, callee }) => `${path} ${callee}`);
  assertEquals(new Set(found), new Set(EXCEPTIONS));
});
