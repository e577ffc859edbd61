import { assertEquals, assertRejects } from "@std/assert";
import type { Call } from "../../../../src/cli/command.ts";
import { COMMANDS } from "../../../../src/cli/command_table.ts";
import { pushOptions } from "../../../../src/cli/input/flags/push_options.ts";
import { parseCommandLine } from "../../../../src/cli/input/parse_command_line.ts";
import type { PUSH } from "../../../../src/cli/table/push_command.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";
import type { PushOptions } from "../../../../src/engine/copy/push_image.ts";
import { memoryTerminal } from "../../../support/memory/memory_terminal.ts";

async function optionsOf(line: string): Promise<PushOptions> {
  const words = line.split(" ").filter((word) => word !== "");
  const { flags } = parseCommandLine(["push", ...words, "a"], COMMANDS);
  return await pushOptions({
    // The parser has checked the types by the same table.
    flags: flags as Call<typeof PUSH>["flags"],
    terminal: memoryTerminal(),
    signal: new AbortController().signal,
  });
}

Deno.test("pushOptions() reads the flags of push", async (t) => {
  const table: readonly (readonly [string, Partial<PushOptions>])[] = [
    ["", {
      ...{ format: undefined, layers: undefined, credentials: undefined },
      ...{ tlsVerify: undefined, packing: { level: undefined } },
    }],
    ["--format docker", { format: "v2s2" }],
    ["--format oci", { format: "oci" }],
    ["--compress", { layers: "compressed" }],
    ["--compression-format zstd --force-compression", {
      ...{ layers: "compressed" },
      packing: { level: undefined, format: "zstd" },
    }],
    ["--compression-format zstd --format oci --compression-level 20", {
      ...{ format: "oci", packing: { level: 20, format: "zstd" } },
    }],
    ["--compression-level 1", { packing: { level: 1 } }],
    ["--authfile f --cert-dir d --tls-verify=false --creds a:b", {
      ...{ authFile: "f", certDir: "d", tlsVerify: false },
      credentials: { kind: "password", username: "a", password: "b" },
    }],
  ];
  for (const [line, expected] of table) {
    await t.step(line, async () => {
      const options = await optionsOf(line);
      assertEquals({ ...options, ...expected }, options);
    });
  }
});

Deno.test("pushOptions() refuses what does not fit together", async (t) => {
  const table: readonly (readonly [line: string, why: string])[] = [
    ["--force-compression", 'without "--compression-format"'],
    [
      "--compression-format zstd --format v2s2",
      'Cannot use "--compression-format zstd" with "--format v2s2"',
    ],
    ["--compression-level 0", 'level 0": it is 1 to 9 for gzip'],
    ["--compression-level 10", 'level 10": it is 1 to 9 for gzip'],
    [
      "--compression-format zstd --compression-level 21",
      'level 21": it is 1 to 20 for zstd',
    ],
  ];
  for (const [line, why] of table) {
    await t.step(line, async () => {
      await assertRejects(() => optionsOf(line), UsageError, why);
    });
  }
});
