import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type OwnEnv,
  readEnvFiles,
} from "../../../../src/cli/input/flags/env_flags.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";
import { specOf } from "../../../support/flags_to_spec.ts";
import { needs } from "../../../support/peers.ts";
import { tempDir } from "../../../support/temp_dir.ts";

const OWN: Readonly<Record<string, string>> = {
  ...{ FOO_A: "1", FOO_B: "2", EMPTY: "" },
};
const own: OwnEnv = { get: (name) => OWN[name], all: () => OWN };

/** The variables that flags give, besides those that all have. */
function envOf(
  words: readonly string[],
  files: readonly string[] = [],
): string | undefined {
  const usual = [
    ...["PATH=/bin", "TERM=xterm", "HOME=/root", "HOSTNAME=own"],
    "container=oci",
  ];
  return specOf(words, { own, files }).process?.env
    ?.filter((pair) => !usual.includes(pair)).join(" ");
}

Deno.test("--env gives variables as podman's does", async (t) => {
  const table: [string[], string][] = [
    [["-e", "A=1"], "FROM_IMAGE=yes A=1"],
    [["-e", "A=b=c"], "FROM_IMAGE=yes A=b=c"],
    [["-e", "A=1", "-e", "A=2"], "FROM_IMAGE=yes A=2"],
    [["-e", "A="], "FROM_IMAGE=yes A="],
    [["-e", "A B=1"], "FROM_IMAGE=yes A B=1"],
    [["-e", "A=x\ny"], "FROM_IMAGE=yes A=x\ny"],
    [["-e", "FOO_A"], "FROM_IMAGE=yes FOO_A=1"],
    [["-e", "EMPTY"], "FROM_IMAGE=yes EMPTY="],
    [["-e", "FOO_*"], "FROM_IMAGE=yes FOO_A=1 FOO_B=2"],
    [["-e", "*"], "FROM_IMAGE=yes FOO_A=1 FOO_B=2 EMPTY="],
    // What orlop does not have, the image may.
    [["-e", "NOPE"], "FROM_IMAGE=yes"],
    [["-e", "NOPE*"], "FROM_IMAGE=yes"],
    [["-e", "FROM_IMAGE"], "FROM_IMAGE=yes"],
    [["-e", ""], "FROM_IMAGE=yes"],
    [["-e", "FROM_IMAGE=no"], "FROM_IMAGE=no"],
    [["--env-host"], "FROM_IMAGE=yes FOO_A=1 FOO_B=2 EMPTY="],
    [["--env-host", "-e", "FOO_A=3"], "FROM_IMAGE=yes FOO_A=3 FOO_B=2 EMPTY="],
    [["--unsetenv", "FROM_IMAGE"], ""],
    [["--unsetenv", "A", "-e", "A=1"], "FROM_IMAGE=yes A=1"],
  ];
  for (const [words, expected] of table) {
    await t.step(words.join(" "), () => {
      assertEquals(envOf(words), expected);
    });
  }
});

const { signal } = new AbortController();

/** The variables that flags and files give. */
async function envWith(
  words: readonly string[],
  ...paths: string[]
): Promise<string | undefined> {
  return envOf(words, await readEnvFiles(paths, { signal }));
}

Deno.test("--env-file gives the variables of files, below those of --env", async () => {
  using dir = tempDir();
  const [one, two] = [dir.join("one"), dir.join("two")];
  await Deno.writeTextFile(one, "A=1\nB=1\nFOO_B\n");
  await Deno.writeTextFile(two, "B=2\nFOO_*\nNOPE\n");
  const all = "FROM_IMAGE=yes A=1 B=2 FOO_B=2 FOO_A=1";
  assertEquals(await envWith([], one, two), all);
  const mixed = await envWith(["-e", "A=9"], one);
  assertEquals(mixed, "FROM_IMAGE=yes A=9 B=1 FOO_B=2");
  assertEquals(await envWith([], "/dev/null"), "FROM_IMAGE=yes");
});

Deno.test("--env-file waits for who writes to a fifo", {
  ...needs("mkfifo", "sh"),
}, async () => {
  using dir = tempDir();
  const path = dir.join("fifo");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const writer = new Deno.Command("sh", {
    args: ["-c", `echo A=1 >"$1"`, "sh", path],
  }).spawn();
  assertEquals(await envWith([], path), "FROM_IMAGE=yes A=1");
  await writer.status;
});

Deno.test(
  "--env-file is not read for ever",
  needs("mkfifo", "yes"),
  async () => {
    using dir = tempDir();
    const path = dir.join("endless");
    await new Deno.Command("mkfifo", { args: [path] }).output();
    const writer = new Deno.Command("sh", {
      args: ["-c", `yes A=1 >"$1" 2>"$1.errors"`, "sh", path],
    }).spawn();
    const { signal } = new AbortController();
    await assertRejects(
      () => readEnvFiles([path], { signal }),
      UsageError,
      "it is larger than 16777216 bytes",
    );
    await writer.status;
  },
);

Deno.test("variables that make no sense are refused", async (t) => {
  const table: [string[], string][] = [
    [["-e", "=x"], "it has no name"],
    [["-e", "="], "it has no name"],
    [["--unsetenv", ""], "the name of a variable"],
    [["--unsetenv", "A=1"], "the name of a variable"],
  ];
  for (const [words, message] of table) {
    await t.step(message, () => {
      assertThrows(() => envOf(words), UsageError, message);
    });
  }
});

Deno.test("files of variables that cannot be read are refused", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("nameless"), "A=1\n =x\n");
  const table: [string, string][] = [
    [dir.join("none"), "there is no such file"],
    [dir.path, "it is a directory"],
    [dir.join("nameless"), "the variable in line 2 has no name"],
  ];
  for (const [path, message] of table) {
    await t.step(message, async () => {
      await assertRejects(() => envWith([], path), UsageError, message);
    });
  }
});
