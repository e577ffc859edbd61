import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Call } from "../../../../src/cli/command.ts";
import { COMMANDS } from "../../../../src/cli/command_table.ts";
import { copyOptions } from "../../../../src/cli/input/flags/copy_options.ts";
import { parseCommandLine } from "../../../../src/cli/input/parse_command_line.ts";
import type { COPY } from "../../../../src/cli/table/copy_commands.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";
import type { CopyOptions } from "../../../../src/engine/copy/copy_reference.ts";
import { memoryTerminal } from "../../../support/memory/memory_terminal.ts";

async function optionsOf(line: string): Promise<CopyOptions> {
  const words = line.split(" ").filter((word) => word !== "");
  const { flags } = parseCommandLine(["copy", ...words, "a", "b"], COMMANDS);
  return await copyOptions({
    // The parser has checked the types by the same table.
    flags: flags as Call<typeof COPY>["flags"],
    terminal: memoryTerminal(),
    signal: new AbortController().signal,
  });
}

Deno.test("copyOptions() reads the flags of copy", async (t) => {
  const table: readonly (readonly [string, Partial<CopyOptions>])[] = [
    ["", {
      ...{ multiArch: "system", additionalTags: [], platform: undefined },
      ...{ format: undefined, layers: undefined, preserveDigests: false },
      packing: { level: undefined },
    }],
    ["--all", { multiArch: "all" }],
    ["-a --multi-arch all", { multiArch: "all" }],
    ["--multi-arch index-only", { multiArch: "index-only" }],
    ["--platform linux/arm64", {
      platform: { os: "linux", architecture: "arm64" },
    }],
    ["--dest-compress", { layers: "compressed" }],
    ["--dest-decompress", { layers: "uncompressed" }],
    ["--dest-oci-accept-uncompressed-layers", { layers: "any" }],
    ["--dest-compress-format zstd", {
      ...{ layers: "compressed" },
      packing: { level: undefined, format: "zstd" },
    }],
    ["--dest-compress-level 1", { packing: { level: 1 } }],
    ["--dest-compress-level 9", { packing: { level: 9 } }],
    ["--dest-compress-format zstd --dest-compress-level 20", {
      packing: { level: 20, format: "zstd" },
    }],
    ["--format v2s2 --preserve-digests", {
      ...{ format: "v2s2", preserveDigests: true },
    }],
  ];
  for (const [line, expected] of table) {
    await t.step(line, async () => {
      const options = await optionsOf(line);
      assertEquals({ ...options, ...expected }, options);
    });
  }
});

Deno.test("copyOptions() distinguishes the two ends", async () => {
  const { source, destination } = await optionsOf(
    "--authfile both --dest-authfile to --src-cert-dir certs " +
      "--src-tls-verify=false --dest-creds ann:secret",
  );
  assertEquals(source?.authFile, "both");
  assertEquals(destination?.authFile, "to");
  assertEquals(source?.certDir, "certs");
  assertEquals(destination?.certDir, undefined);
  assert(source?.tlsVerify === false);
  assertEquals(destination?.tlsVerify, undefined);
  assertEquals(source?.credentials, undefined);
  assertEquals(destination?.credentials, {
    ...{ kind: "password", username: "ann", password: "secret" },
  });
});

Deno.test("copyOptions() refuses what does not fit together", async (t) => {
  const table: readonly (readonly [line: string, why: string])[] = [
    ["--all --multi-arch system", 'Cannot use "--all" with "--multi-arch s'],
    ["--all --platform linux/amd64", 'Cannot use "--platform" for all images'],
    ["--dest-compress --dest-decompress", 'Cannot use "--dest-decompress"'],
    [
      "--dest-compress-format gzip --dest-decompress",
      'Cannot use "--dest-decompress"',
    ],
    ["--dest-compress-level 0", 'level 0": it is 1 to 9 for gzip'],
    ["--dest-compress-level 10", 'level 10": it is 1 to 9 for gzip'],
    [
      "--dest-compress-format zstd --dest-compress-level 21",
      'level 21": it is 1 to 20 for zstd',
    ],
    [
      "--dest-compress-format zstd --format v2s2",
      'Cannot use "--dest-compress-format zstd" with "--format v2s2"',
    ],
    [
      `--additional-tag a@sha256:${"a".repeat(64)}`,
      "a digest cannot be given",
    ],
  ];
  for (const [line, why] of table) {
    await t.step(line, async () => {
      await assertRejects(() => optionsOf(line), UsageError, why);
    });
  }
});
