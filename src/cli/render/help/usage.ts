/** How a command is called, in one line. */

import type { Argument, Command } from "../../command.ts";

/** The words that call a command: `orlop image rm`. */
export function describeCommand(path: readonly string[]): string {
  return ["orlop", ...path].join(" ");
}

/** The usage line: `orlop image rm [flags] IMAGE...`. */
export function usageOf(command: Command, path: readonly string[]): string {
  const words = [describeCommand(path)];
  const flags = Object.keys(command.flags ?? {});
  if (flags.length > 0 || command.commands) words.push("[flags]");
  if (command.commands) words.push("COMMAND");
  words.push(...(command.arguments ?? []).map(describeArgument));
  return words.join(" ");
}

function describeArgument(argument: Argument): string {
  const name = argument.isRepeated ? `${argument.name}...` : argument.name;
  return argument.isOptional ? `[${name}]` : name;
}
