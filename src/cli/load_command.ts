/** Loads what does a command, and nothing else: starts must be quick. */

import type { Command, CommandModule } from "./command.ts";

const MODULES: Readonly<Record<string, () => Promise<CommandModule>>> = {
  "__complete": () => import("./commands/complete.ts"),
  "completion": () => import("./commands/completion.ts"),
  "help": () => import("./commands/help.ts"),
  "version": () => import("./commands/version.ts"),
};

/**
 * Loads a command's module.
 *
 * @param path The words that call the command.
 */
export function loadCommand(
  path: readonly string[],
  { module = path.join(" ") }: Command,
): Promise<CommandModule> {
  const load = MODULES[module];
  if (load === undefined) throw new Error(`Cannot run "${module}": no module`);
  return load();
}
