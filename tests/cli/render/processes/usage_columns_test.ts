import { assertEquals } from "@std/assert";
import { logTexts } from "../../../../src/cli/render/processes/log_text.ts";
import {
  type ContainerUse,
  useColumns,
  useToJson,
} from "../../../../src/cli/render/processes/usage_columns.ts";
import { toBytes, toText } from "../../../../src/formats/bytes.ts";
import type { LogLine } from "../../../../src/formats/cri_log.ts";
import { parseContainerId } from "../../../../src/formats/storage/store_ids.ts";

const [isWhole, isShort] = [true, false];
const USE: ContainerUse = {
  ...{ id: parseContainerId("ab".repeat(32)), name: "web" },
  ...{ atMs: 5000, startedAtMs: 1000, cpuNs: 2e9, pids: 3 },
  ...{ memoryBytes: 1_500_000, memoryLimit: 6_000_000 },
  network: { received: 999, sent: 1000 },
  disk: { read: 0, written: 12_345_678 },
};

Deno.test("useColumns() shows what podman's stats does", () => {
  const shown = useColumns(isShort).map(({ header, field, text }) =>
    `${header} ${field}: ${text(USE)}`
  );
  assertEquals(shown, [
    "ID ID: abababababab",
    "NAME Name: web",
    "CPU % CPUPerc: 50.00%",
    "MEM USAGE / LIMIT MemUsage: 1.5MB / 6MB",
    "MEM % MemPerc: 25.00%",
    "NET IO NetIO: 999B / 1kB",
    "BLOCK IO BlockIO: 0B / 12.35MB",
    "PIDS PIDs: 3",
    "CPU TIME CPUTime: 2s",
    "AVG CPU % AvgCPU: 50.00%",
  ]);
  const [id] = useColumns(isWhole);
  assertEquals(id?.text(USE), USE.id);
  const elastic = useColumns(isShort).filter(({ isElastic }) => isElastic);
  assertEquals(elastic.map(({ field }) => field), ["Name"]);
});

Deno.test("useToJson() has podman's names", () => {
  assertEquals(useToJson(USE), {
    ...{ id: "abababababab", name: "web", cpu_time: "2s" },
    ...{ cpu_percent: "50.00%", avg_cpu: "50.00%", pids: "3" },
    ...{ mem_usage: "1.5MB / 6MB", mem_percent: "25.00%" },
    ...{ net_io: "999B / 1kB", block_io: "0B / 12.35MB" },
  });
});

Deno.test("shares are of the time since the last look", async (t) => {
  const before = { ...USE, atMs: 4000, cpuNs: 1.9e9 };
  const cases: readonly (readonly [string, Partial<ContainerUse>, string])[] = [
    ["since then", { before }, "10.00%"],
    ["at the same time", { before: { ...before, atMs: 5000 } }, "0.00%"],
    ["counted anew", { before: { ...before, cpuNs: 3e9 } }, "0.00%"],
    ["just started", { startedAtMs: undefined }, "0.00%"],
  ];
  for (const [name, changes, share] of cases) {
    await t.step(name, () => {
      assertEquals(useToJson({ ...USE, ...changes })["cpu_percent"], share);
    });
  }
});

Deno.test("sizes have four digits, and a limit may be none", async (t) => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0B"],
    [1, "1B"],
    [999, "999B"],
    [1000, "1kB"],
    [1234, "1.234kB"],
    [12_345, "12.35kB"],
    [999_999, "1000kB"],
    [1e6, "1MB"],
    [1e9, "1GB"],
    [1e12, "1TB"],
    [1e15, "1PB"],
    [1e18, "1000PB"],
    [Infinity, "-"],
    [NaN, "-"],
  ];
  for (const [memoryBytes, text] of cases) {
    await t.step(text, () => {
      const use = { ...USE, memoryBytes, memoryLimit: Infinity };
      assertEquals(useToJson(use)["mem_usage"], `${text} / -`);
    });
  }
  const none = useToJson({ ...USE, memoryLimit: 0 });
  assertEquals(none["mem_percent"], "0.00%");
});

Deno.test("logTexts() joins what follows on one stream", async (t) => {
  const line = (
    stream: LogLine["stream"],
    text: string,
    isWhole: boolean,
  ): LogLine => ({ time: "T", stream, isWhole, content: toBytes(text) });
  const isPart = false;
  const lines = [
    line("stdout", "a", isWhole),
    line("stdout", "b", isPart),
    line("stderr", "c", isWhole),
    line("stdout", "d", isWhole),
  ];
  const show = (options: Parameters<typeof logTexts>[1]) =>
    logTexts(lines, options).map(({ stream, bytes }) =>
      `${stream} ${toText(bytes)}`
    );
  await t.step("as it was written", () => {
    assertEquals(show({ timestamps: false }), [
      "stdout a\nb",
      "stderr c\n",
      "stdout d\n",
    ]);
  });
  await t.step("with times", () => {
    assertEquals(show({ timestamps: true })[0], "stdout T a\nT b");
  });
  await t.step("with names", () => {
    assertEquals(
      show({ timestamps: false, name: "web" })[1],
      "stderr web c\n",
    );
    assertEquals(
      show({ timestamps: true, name: "web" })[1],
      "stderr web T c\n",
    );
  });
  assertEquals(logTexts([], { timestamps: true }), []);
});
