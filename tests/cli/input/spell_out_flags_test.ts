import { assertEquals, assertThrows } from "@std/assert";
import type { FlagTable } from "../../../src/cli/command.ts";
import { spellOutFlags } from "../../../src/cli/input/spell_out_flags.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

const TABLE: FlagTable = {
  quiet: { type: "boolean", short: "q", help: "" },
  all: { type: "boolean", short: "a", help: "" },
  tls: { type: "tristate", short: "t", help: "" },
  name: { type: "text", short: "n", value: "NAME", help: "" },
  count: { type: "number", short: "c", help: "" },
  // A command's own, with a letter of a global one.
  queue: { type: "list", short: "q", help: "" },
};

function spell(word: string, next?: string) {
  return spellOutFlags(word, next, TABLE, ["box", "rm"]);
}

Deno.test("spellOutFlags() writes each flag in one way", async (t) => {
  // What is typed, what follows, how it is spelt, whether it took what follows.
  const cases: readonly (readonly [
    string,
    string | undefined,
    string,
    boolean,
  ])[] = [
    ["--all", "x", "--all", false],
    ["--all=true", "x", "--all=true", false],
    ["--all=F", "x", "--all=false", false],
    ["--all=1", undefined, "--all=true", false],
    ["--tls=0", undefined, "--tls=false", false],
    ["--name", "x", "--name=x", true],
    ["--name", "-x", "--name=-x", true],
    ["--name", "", "--name", true],
    ["--name=x", "y", "--name=x", false],
    ["--name=a=b", "y", "--name=a=b", false],
    ["--name=", "y", "--name", false],
    ["--count", "3", "--count=3", true],
    ["-a", "x", "--all", false],
    ["-at", "x", "--all --tls", false],
    ["-n", "x", "--name=x", true],
    ["-nx", "y", "--name=x", false],
    ["-n=x", "y", "--name=x", false],
    ["-n=", "y", "--name=y", true],
    ["-anx", "y", "--all --name=x", false],
    ["-an", "y", "--all --name=y", true],
    ["-q", "x", "--queue=x", true],
    ["-", "x", "", false],
  ];
  for (const [word, next, spelt, tookNext] of cases) {
    await t.step(`${word} ${next}`, () => {
      const found = spell(word, next);
      assertEquals(found.words.join(" "), spelt);
      assertEquals(found.tookNext, tookNext);
    });
  }
});

Deno.test("spellOutFlags() reports what is wrong with a flag", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["--none", 'Cannot use "--none": orlop box rm has no such flag'],
    [
      "--nam",
      'Cannot use "--nam": orlop box rm has no such flag; did you mean ' +
      '"--name"?',
    ],
    ["-x", 'Cannot use "-x": orlop box rm has no such flag'],
    ["-ax", 'Cannot use "-x": orlop box rm has no such flag'],
    ["--toString", 'Cannot use "--toString": orlop box rm has no such flag'],
    ["--all=maybe", 'Cannot use "--all=maybe": use "true" or "false"'],
    ["--all=", 'Cannot use "--all=": use "true" or "false"'],
    ["--name", 'Cannot use "--name": NAME must follow'],
    ["-n", 'Cannot use "-n": NAME must follow'],
    ["-an", 'Cannot use "-n": NAME must follow'],
    ["--count", 'Cannot use "--count": VALUE must follow'],
  ];
  for (const [word, message] of cases) {
    await t.step(word, () => {
      const error = assertThrows(() => spell(word), UsageError);
      assertEquals(error.message, message);
      assertEquals(error.path, ["box", "rm"]);
    });
  }
});
