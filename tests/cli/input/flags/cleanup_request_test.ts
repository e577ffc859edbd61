import { assertEquals, assertThrows } from "@std/assert";
import type { Call } from "../../../../src/cli/command.ts";
import { COMMANDS } from "../../../../src/cli/command_table.ts";
import { cleanupRequest } from "../../../../src/cli/input/flags/cleanup_request.ts";
import { parseCommandLine } from "../../../../src/cli/input/parse_command_line.ts";
import type { GC } from "../../../../src/cli/table/store_commands.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";

function requestOf(...words: string[]) {
  const { flags } = parseCommandLine(["gc", ...words], COMMANDS);
  // The parser has checked the types by the same table.
  return cleanupRequest(flags as Call<typeof GC>["flags"]);
}

const DAY = 24 * 60 * 60 * 1000;

Deno.test("cleanupRequest() reads the flags of gc", async (t) => {
  const cases: readonly [string, Partial<ReturnType<typeof requestOf>>][] = [
    ["", { leftoverAgeMs: DAY, containers: "none" }],
    ["--all", { images: "unused" }],
    ["--free 20G", { target: { kind: "free", bytes: 20e9 } }],
    ["--free=15%", { target: { kind: "free-share", share: 0.15 } }],
    ["--high 85 --low 70%", {
      target: { kind: "marks", high: 0.85, low: 0.7 },
    }],
    ["--high 85%", { target: { kind: "marks", high: 0.85, low: 0.85 } }],
    ["--older-than 7d --keep 2", { olderThanMs: 7 * DAY, keep: 2 }],
    ["--containers=stopped", { containers: "stopped" }],
  ];
  for (const [line, expected] of cases) {
    await t.step(line, () => {
      const request = requestOf(
        ...line.split(" ").filter((word) => word !== ""),
      );
      assertEquals({ ...request, ...expected }, request);
    });
  }
});

Deno.test("cleanupRequest() refuses what does not fit together", async (t) => {
  const lines = [
    "--free 1G --high 80",
    "--low 70",
    "--high 70 --low 80",
    "--high 101",
    "--free much",
    "--free 120%",
    "--keep 1.5",
    "--older-than soon",
  ];
  for (const line of lines) {
    await t.step(line, () => {
      assertThrows(() => requestOf(...line.split(" ")), UsageError);
    });
  }
});
