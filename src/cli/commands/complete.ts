/** `orlop __complete`: what the completion scripts call at each Tab. */

import type { Call } from "../command.ts";
import { COMMANDS } from "../command_table.ts";
import { completeWords } from "../complete_words.ts";
import type { COMPLETE } from "../table/other_commands.ts";

/** Prints a candidate a line, a tab before its help; `:file` asks for files. */
export function run(call: Call<typeof COMPLETE>): void {
  const { candidates, names } = completeWords(call.arguments, COMMANDS);
  for (const { word, help } of candidates) {
    call.terminal.print(help === "" ? word : `${word}\t${help}`);
  }
  if (names === "file") call.terminal.print(":file");
}
