import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { drawPull } from "../../../../src/cli/render/progress/draw_pull.ts";
import {
  advancePull,
  NO_PULL,
  type PullState,
} from "../../../../src/engine/progress/pull_state.ts";
import { showProgress } from "../../../../src/cli/render/progress/show_progress.ts";
import type { PullEvent } from "../../../../src/engine/progress/pull_event.ts";
import { parseDigest } from "../../../../src/formats/oci/digest.ts";
import { memoryTerminal } from "../../../support/memory/memory_terminal.ts";

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

const SIZE = { width: 80, height: 24 } as const;

Deno.test("drawPull() draws a line a layer and a total", () => {
  const state = EVENTS.reduce(advancePull, NO_PULL);
  assertEquals(drawPull(state, { ...SIZE, rate: 1_000_000 }), [
    "aaaaaaaaaaaa      1 MB  already here",
    "bbbbbbbbbbbb      2 MB  unpacking",
    "cccccccccccc      6 MB  [============            ]  3 MB of 6 MB",
    "Total         5 MB of 8 MB  1 MB/s  3 s left",
  ]);
});

Deno.test("drawPull() says less where there is less room", async (t) => {
  const cases: readonly [width: number, lines: readonly string[]][] = [
    [60, [
      "aaaaaaaaaaaa      1 MB  already here",
      "bbbbbbbbbbbb      2 MB  unpacking",
      "cccccccccccc      6 MB  [=======        ]  3 MB of 6 MB",
      "Total         5 MB of 8 MB  1 MB/s  3 s left",
    ]],
    [40, [
      "aaaaaaaaaaaa      1 MB  already here",
      "bbbbbbbbbbbb      2 MB  unpacking",
      "cccccccccccc  [=========         ]  50%",
      "Total  5 MB of 8 MB  1 MB/s  3 s left",
    ]],
    [20, [
      "already here",
      "unpacking",
      "cccccccccccc  50%",
      "Total  5 MB of 8 MB",
    ]],
    [10, ["already …", "unpacking", "50%", "62%"]],
    [4, ["al…", "un…", "50%", "62%"]],
    [2, ["…", "…", "…", "…"]],
    [1, ["", "", "", ""]],
    [0, ["", "", "", ""]],
  ];
  const state = EVENTS.reduce(advancePull, NO_PULL);
  for (const [width, expected] of cases) {
    await t.step(`${width} columns`, () => {
      const lines = drawPull(state, { width, height: 24, rate: 1_000_000 });
      assertEquals(lines, expected);
      assert(lines.every((line) => line.length < Math.max(width, 1)));
    });
  }
});

Deno.test("drawPull() promises no end while unpacking catches up", () => {
  const all: PullEvent = {
    kind: "download",
    digest: C,
    received: 6_000_000,
    size: 6_000_000,
  };
  const state = [...EVENTS, all].reduce(advancePull, NO_PULL);
  const lines = drawPull(state, { ...SIZE, rate: 1_000_000 });
  assertEquals(lines.at(-1), "Total         8 MB of 8 MB");
});

Deno.test("drawPull() draws what is empty, overfull, or stands still", async (t) => {
  const draw = (
    { size, received, rate }: {
      readonly size: number;
      readonly received: number;
      readonly rate: number | undefined;
    },
    width: number,
  ) => {
    const layers = [{ digest: A, size, present: false }];
    const state = [
      { kind: "start", name: "x", layers } as const,
      { kind: "download", digest: A, received, size } as const,
    ].reduce<PullState>(advancePull, NO_PULL);
    return drawPull(state, { width, height: 24, rate });
  };
  const cases: readonly (readonly [
    string,
    Parameters<typeof draw>,
    readonly string[],
  ])[] = [
    ["nothing as yet", [{ size: 4e6, received: 0, rate: 0 }, 80], [
      "aaaaaaaaaaaa      4 MB  [                        ]  0 B of 4 MB",
      "Total         0 B of 4 MB  0 B/s",
    ]],
    ["half of it", [{ size: 4e6, received: 2e6, rate: undefined }, 80], [
      "aaaaaaaaaaaa      4 MB  [============            ]  2 MB of 4 MB",
      "Total         2 MB of 4 MB",
    ]],
    ["the last second", [{ size: 4e6, received: 3e6, rate: 1e6 }, 80], [
      "aaaaaaaaaaaa      4 MB  [==================      ]  3 MB of 4 MB",
      "Total         3 MB of 4 MB  1 MB/s  1 s left",
    ]],
    ["a part of a second", [{ size: 4e6, received: 1e6, rate: 2e6 }, 80], [
      "aaaaaaaaaaaa      4 MB  [======                  ]  1 MB of 4 MB",
      "Total         1 MB of 4 MB  2 MB/s  2 s left",
    ]],
    ["a narrow bar", [{ size: 4e6, received: 2e6, rate: 1e6 }, 28], [
      "aaaaaaaaaaaa  [===   ]  50%",
      "Total  2 MB of 4 MB",
    ]],
    ["no room for a bar", [{ size: 4e6, received: 2e6, rate: 1e6 }, 27], [
      "aaaaaaaaaaaa  50%",
      "Total  2 MB of 4 MB",
    ]],
    ["a byte", [{ size: 1, received: 0, rate: 1 }, 20], [
      "aaaaaaaaaaaa   0%",
      "Total  0 B of 1 B",
    ]],
  ];
  for (const [name, given, lines] of cases) {
    await t.step(name, () => assertEquals(draw(...given), lines));
  }
});

Deno.test("drawPull() fits an image of many layers", () => {
  const layers = Array.from({ length: 100 }, (_, index) => ({
    digest: parseDigest(`sha256:${String(index).padStart(64, "0")}`),
    size: 10,
    present: index < 50,
  }));
  const event = { kind: "start", name: "x", layers } as const;
  const lines = drawPull(advancePull(NO_PULL, event), { ...SIZE, rate: 0 });
  assertEquals(lines.length, 17);
  const low = { width: 80, height: 10, rate: 0 };
  assertEquals(drawPull(advancePull(NO_PULL, event), low).length, 8);
  const lowest = { width: 80, height: 1, rate: 0 };
  assertEquals(drawPull(advancePull(NO_PULL, event), lowest).length, 1);
});

Deno.test("showProgress() tells a line at the start where no one looks", () => {
  const terminal = memoryTerminal();
  using display = showProgress({ progress: "auto", quiet: false }, terminal);
  for (const event of EVENTS) display.onProgress(event);
  assertEquals(terminal.told, [
    "Pulling docker.io/library/web:latest: 2 of 3 layers, 8 MB",
  ]);
  assertEquals(terminal.drawn, []);
});

Deno.test("showProgress() tells events as JSON, but not each chunk", () => {
  const terminal = memoryTerminal();
  using display = showProgress({ progress: "json", quiet: false }, terminal);
  for (const event of EVENTS) display.onProgress(event);
  for (let received = 3_000_000; received < 4_000_000; received += 1000) {
    display.onProgress({ kind: "download", digest: C, received, size: 6e6 });
  }
  assertEquals(terminal.told.length, EVENTS.length);
  assertStringIncludes(terminal.told[0] ?? "", '"kind":"start"');
});

Deno.test("showProgress() says nothing if asked for none", () => {
  const terminal = memoryTerminal();
  using display = showProgress({ progress: "none", quiet: false }, terminal);
  for (const event of EVENTS) display.onProgress(event);
  assertEquals(terminal.told, []);
});

Deno.test("showProgress() draws on a terminal, and leaves the end there", () => {
  const terminal = memoryTerminal({ errorSize: { columns: 80, rows: 24 } });
  {
    using display = showProgress({ progress: "auto", quiet: false }, terminal);
    for (const event of EVENTS) display.onProgress(event);
  }
  assertStringIncludes(
    terminal.drawn.at(-1)?.at(-1) ?? "",
    "Total         5 MB of 8 MB",
  );
});
