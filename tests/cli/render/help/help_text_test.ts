import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Command } from "../../../../src/cli/command.ts";
import { COMMANDS } from "../../../../src/cli/command_table.ts";
import { parseCommandLine } from "../../../../src/cli/input/parse_command_line.ts";
import { helpText } from "../../../../src/cli/render/help/help_text.ts";
import { manPage } from "../../../../src/cli/render/help/man_page.ts";

/** Every command of the table that is not hidden, with its words. */
function* allCommands(
  { commands = [] }: Command = COMMANDS,
  path: readonly string[] = [],
): Generator<[Command, readonly string[]]> {
  for (const command of commands) {
    if (command.isHidden) continue;
    const words = [...path, command.name];
    yield [command, words];
    yield* allCommands(command, words);
  }
}

Deno.test("helpText() fits the width for every command", async (t) => {
  for (const [command, path] of allCommands()) {
    await t.step(path.join(" "), () => {
      const lines = helpText(command, path, { width: 80 }).split("\n");
      // Examples and usage are to be copied: they are never broken.
      const isFixed = (line: string) => /^ {2}(orlop|#)/.test(line);
      const tooLong = lines.filter((line) =>
        line.length > 80 && !isFixed(line)
      );
      assertEquals(tooLong, []);
    });
  }
});

Deno.test("helpText() lists each command of the root", () => {
  const text = helpText(COMMANDS, []);
  for (const [{ name, summary }, path] of allCommands()) {
    if (path.length > 1) continue;
    assertStringIncludes(text, `  ${name} `);
    assertStringIncludes(text, summary.slice(0, 20));
  }
});

Deno.test("the table's examples parse by the table", async (t) => {
  for (const [{ examples = [] }] of allCommands()) {
    for (const { line } of examples) {
      await t.step(line, () => {
        const [, command = ""] =
          /orlop (.*?)(?: [>|] .*| \|\| .*)?$/.exec(line) ??
            [];
        const words = command.match(/'[^']*'|\S+/g) ?? [];
        parseCommandLine(
          words.map((word) => word.replaceAll("'", "")),
          COMMANDS,
        );
      });
    }
  }
});

Deno.test("the table gives no flag letter twice to a command", () => {
  for (const [{ flags = {} }, path] of allCommands()) {
    const letters = Object.values(flags).flatMap(({ short }) => short ?? []);
    assertEquals(new Set(letters).size, letters.length, path.join(" "));
  }
});

Deno.test("manPage() has a section for each command, and no stray macros", () => {
  const page = manPage(COMMANDS);
  for (const [{ commands }, path] of allCommands()) {
    if (commands) continue;
    assertStringIncludes(
      page,
      `.SS orlop ${path.join(" ")}`.replaceAll("-", "\\-"),
    );
  }
  const macros = page.split("\n").filter((line) => /^[.']/.test(line));
  assert(macros.every((line) => /^\.(TH|SH|SS|TP|B|PP|nf|fi)\b/.test(line)));
});
