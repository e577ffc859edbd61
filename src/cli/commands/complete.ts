/** `orlop __complete`: what the completion scripts call at each Tab. */

import type { Call } from "../command.ts";
import { COMMANDS } from "../command_table.ts";
import { completeWords } from "../input/complete_words.ts";
import type { COMPLETE } from "../table/other_commands.ts";

/** Prints a candidate a line, a tab before its help; `:file` asks for files. */
export async function run(call: Call<typeof COMPLETE>): Promise<void> {
  const { terminal } = call;
  const { candidates, names } = completeWords(call.arguments, COMMANDS);
  for (const { word, help } of candidates) {
    terminal.print(help === "" ? word : `${word}\t${help}`);
  }
  if (names === undefined) return;
  if (names === "file") return terminal.print(":file");
  // Loaded here only: most completions need no store.
  const { listNames } = await import("../input/list_names.ts");
  const typed = call.arguments.at(-1) ?? "";
  for (const name of await listNames(names, call)) {
    if (name.startsWith(typed)) terminal.print(name);
  }
}
