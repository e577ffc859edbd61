/**
 * All that people and scripts can type, in `command_surface.txt`: who changes a
 * flag sees there, and has to say, what changes for them.
 */

import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../../../src/cli/command_table.ts";
import { describeCommands } from "../../support/command_surface.ts";

const FILE = new URL("command_surface.txt", import.meta.url);
const WIDTH = 79;

/** A command's path, and below it its words in lines. */
function layOut(path: string, description: string): string {
  const lines = [path];
  for (const word of description.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (lines.length > 1 && line.length + word.length < WIDTH) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(`  ${word}`);
  }
  return `${lines.join("\n")}\n`;
}

Deno.test("commands, arguments and flags are as they were", async () => {
  const surface = describeCommands(COMMANDS)
    .map(([path, description]) => layOut(path, description));
  assertEquals(surface.join("\n"), await Deno.readTextFile(FILE));
});

Deno.test("each command and flag is explained, in one way", () => {
  visit(COMMANDS);

  function visit(
    { name, summary, flags = {}, commands = [] }: typeof COMMANDS,
  ) {
    assert(/^[A-Z].*[^.]$/s.test(summary), `${name}: ${summary}`);
    for (const [flag, { help, refusal, short }] of Object.entries(flags)) {
      const told = `${name} --${flag}: ${help}`;
      assert(refusal !== undefined || /[^.]$/.test(help), told);
      assert(short === undefined || short.length === 1, told);
      assert(/^[a-z0-9-]+$/.test(flag), told);
    }
    const shorts = Object.values(flags).flatMap(({ short }) => short ?? []);
    assertEquals(new Set(shorts).size, shorts.length, name);
    commands.forEach(visit);
  }
});
