import { assertEquals, assertRejects } from "@std/assert";
import { readLoginFlags } from "../../../../src/cli/input/flags/login_flags.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";
import { memoryTerminal } from "../../../support/memory/memory_terminal.ts";

const NOTHING = {
  creds: undefined,
  username: undefined,
  "password-stdin": false,
};
const asking = {
  terminal: memoryTerminal(),
  signal: new AbortController().signal,
};

Deno.test("readLoginFlags() splits --creds at its first colon", async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["ann:secret", "ann", "secret"],
    ["ann:a:b", "ann", "a:b"],
    ["ann:", "ann", ""],
    ["a@b.io: x ", "a@b.io", " x "],
  ];
  for (const [creds, username, password] of cases) {
    await t.step(creds, async () => {
      assertEquals(
        await readLoginFlags({ ...NOTHING, creds }, asking),
        { kind: "password", username, password },
      );
    });
  }
  assertEquals(await readLoginFlags(NOTHING, asking), undefined);
});

Deno.test("readLoginFlags() refuses contradictory requests", async (t) => {
  const stdin = { "password-stdin": true };
  const cases = [
    [{ creds: ":x" }, `Cannot use "--creds": the user's name is missing`],
    [{ creds: "" }, `Cannot use "--creds": the user's name is missing`],
    [{ username: "" }, `Cannot use "--username": the user's name is missing`],
    [
      { username: "a:b" },
      `Cannot use "--username": no user's name has a colon`,
    ],
    [stdin, 'Cannot use "--password-stdin" without "--username"'],
    [
      { creds: "a:b", ...stdin },
      'Cannot use "--creds" with "--password-stdin"',
    ],
    [{ creds: "a", username: "a" }, 'Cannot use "--creds" with "--username"'],
  ] as const;
  for (const [flags, why] of cases) {
    await t.step(JSON.stringify(flags), async () => {
      await assertRejects(
        () => readLoginFlags({ ...NOTHING, ...flags }, asking),
        UsageError,
        why,
      );
    });
  }
});
