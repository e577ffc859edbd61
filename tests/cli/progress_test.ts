import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { drawPull } from "../../src/cli/draw_pull.ts";
import { advancePull, NO_PULL } from "../../src/cli/pull_state.ts";
import { showProgress } from "../../src/cli/show_progress.ts";
import type { PullEvent } from "../../src/runtime/pull_event.ts";
import { memoryTerminal } from "../support/memory_terminal.ts";
import { parseDigest } from "../../src/formats/digest.ts";

const A = parseDigest(`sha256:${"a".repeat(64)}`);
const B = parseDigest(`sha256:${"b".repeat(64)}`);
const C = parseDigest(`sha256:${"c".repeat(64)}`);

const EVENTS: readonly PullEvent[] = [
  {
    kind: "start",
    name: "docker.io/library/web:latest",
    layers: [
      { digest: A, size: 1_000_000, present: true },
      { digest: B, size: 2_000_000, present: false },
      { digest: C, size: 6_000_000, present: false },
    ],
  },
  { kind: "download", digest: B, received: 2_000_000, size: 2_000_000 },
  { kind: "download", digest: C, received: 3_000_000, size: 6_000_000 },
];

Deno.test("drawPull() draws a line a layer and a total", () => {
  const state = EVENTS.reduce(advancePull, NO_PULL);
  assertEquals(drawPull(state, { width: 80, rate: 1_000_000 }), [
    "aaaaaaaaaaaa      1 MB  already here",
    "bbbbbbbbbbbb      2 MB  unpacking",
    "cccccccccccc      6 MB  [============            ]  3 MB of 6 MB",
    "Total         5 MB of 8 MB  1 MB/s  3 s left",
  ]);
});

Deno.test("drawPull() never draws wider than the terminal", () => {
  const state = EVENTS.reduce(advancePull, NO_PULL);
  const lines = drawPull(state, { width: 30, rate: 0 });
  assert(lines.every((line) => line.length < 30));
});

Deno.test("drawPull() fits an image of many layers", () => {
  const layers = Array.from({ length: 100 }, (_, index) => ({
    digest: parseDigest(`sha256:${String(index).padStart(64, "0")}`),
    size: 10,
    present: index < 50,
  }));
  const event = { kind: "start", name: "x", layers } as const;
  const lines = drawPull(advancePull(NO_PULL, event), { width: 80, rate: 0 });
  assertEquals(lines.length, 17);
});

Deno.test("showProgress() tells a line at the start where nobody looks", () => {
  const terminal = memoryTerminal();
  using display = showProgress("auto", terminal);
  for (const event of EVENTS) display.onProgress(event);
  assertEquals(terminal.told, [
    "Pulling docker.io/library/web:latest: 2 of 3 layers, 8 MB",
  ]);
  assertEquals(terminal.drawn, []);
});

Deno.test("showProgress() tells events as JSON, but not each chunk", () => {
  const terminal = memoryTerminal();
  using display = showProgress("json", terminal);
  for (const event of EVENTS) display.onProgress(event);
  for (let received = 3_000_000; received < 4_000_000; received += 1000) {
    display.onProgress({ kind: "download", digest: C, received, size: 6e6 });
  }
  assertEquals(terminal.told.length, EVENTS.length);
  assertStringIncludes(terminal.told[0] ?? "", '"kind":"start"');
});

Deno.test("showProgress() says nothing if asked for none", () => {
  const terminal = memoryTerminal();
  using display = showProgress("none", terminal);
  for (const event of EVENTS) display.onProgress(event);
  assertEquals(terminal.told, []);
});

Deno.test("showProgress() draws on a terminal, and leaves the end there", () => {
  const terminal = memoryTerminal({ errorColumns: 80 });
  {
    using display = showProgress("auto", terminal);
    for (const event of EVENTS) display.onProgress(event);
  }
  assertStringIncludes(terminal.drawn.join(""), "Total         5 MB of 8 MB");
});
