/** `orlop help`. */

import { closestWord } from "../closest_word.ts";
import {
  type Call,
  type Command,
  findCommand,
  UsageError,
} from "../command.ts";
import { COMMANDS } from "../command_table.ts";
import { helpText } from "../help_text.ts";
import { manPage } from "../man_page.ts";
import type { HELP } from "../table/other_commands.ts";

/** Prints the help of a command, of everything, or the manual page. */
export function run(call: Call<typeof HELP>): void {
  const { flags, terminal } = call;
  if (flags.man) return terminal.print(manPage(COMMANDS));
  const { columns: width, paint } = terminal;
  const path: string[] = [];
  let command: Command = COMMANDS;
  for (const word of call.arguments) {
    command = enter(command, word);
    path.push(command.name);
  }
  terminal.print(helpText(command, path, { width, paint }));
}

function enter({ commands = [] }: Command, word: string): Command {
  const command = findCommand(commands, word);
  if (command !== undefined) return command;
  const closest = closestWord(word, commands.map(({ name }) => name));
  const hint = closest === undefined ? "" : `; did you mean "${closest}"?`;
  throw new UsageError(
    `Cannot explain "${word}": there is no such command${hint}`,
  );
}
