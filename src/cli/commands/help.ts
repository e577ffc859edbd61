/** `orlop help`. */

import type { Call } from "../command.ts";
import { COMMANDS } from "../command_table.ts";
import { parseCommandLine } from "../input/parse_command_line.ts";
import { helpText } from "../render/help/help_text.ts";
import { manPage } from "../render/help/man_page.ts";
import type { HELP } from "../table/other_commands.ts";

/** Prints the help of a command, of everything, or the manual page. */
export function run(call: Call<typeof HELP>): void {
  const { flags, terminal } = call;
  if (flags.man) return terminal.print(manPage(COMMANDS));
  const { columns: width, paint } = terminal;
  // An unknown command gets the same advice as when it is run.
  const words = [...call.arguments, "--help"];
  const { command, path } = parseCommandLine(words, COMMANDS);
  terminal.print(helpText(command, path, { width, paint }));
}
