/** What people can type: each command with its arguments and flags, in words. */

import type { Argument, Command, Flag } from "../../src/cli/command.ts";

const SIGNS = {
  ...{ boolean: "", tristate: "=BOOL", text: "=", number: "#", list: "+=" },
} as const;

/**
 * Describes a command and those in it: a line for each, such as `pod rm POD… |
 * -f,--force --time#SECONDS`, behind its path.
 */
export function describeCommands(
  { commands = [], ...command }: Command,
  path = "",
): readonly (readonly [string, string])[] {
  const own = `${path} ${command.name}`.trim();
  return [
    [own, describeCommand(command)],
    ...commands.flatMap((inner) => describeCommands(inner, own)),
  ];
}

function describeCommand(command: Command): string {
  const { flags = {}, aliases = [], needs = [] } = command;
  const facts = [
    ...command.section === undefined ? [] : [`in ${command.section}`],
    ...needs.length === 0 ? [] : [`needs ${needs.join()}`],
    ...command.isHidden ? ["hidden"] : [],
    ...command.stopsAtFirstArgument ? ["stops at the first argument"] : [],
    ...command.failureCode === undefined ? [] : [`or ${command.failureCode}`],
    ...command.signals === undefined ? [] : [`signals ${command.signals}`],
    ...command.module === undefined ? [] : [`by ${command.module}`],
  ];
  return [
    ...aliases.map((alias) => `or ${alias}`),
    ...(command.arguments ?? []).map(describeArgument),
    ...facts.map((fact) => `(${fact})`),
    ...Object.entries(flags).map(([name, flag]) => describeFlag(name, flag)),
  ].join(" ");
}

function describeArgument(
  { name, isOptional, isRepeated, completes }: Argument,
): string {
  const shown = isRepeated ? `${name}…` : name;
  return (isOptional ? `[${shown}]` : shown) + describeCompletes(completes);
}

function describeFlag(name: string, flag: Flag): string {
  const { short, type, value = "", choices, splits, hides } = flag;
  const first = short === undefined ? "" : `-${short},`;
  if (flag.refusal !== undefined) return `${first}--${name}!`;
  return [
    ...[first, "--", name, SIGNS[type], value],
    choices === undefined ? "" : `{${choices.join("|")}}`,
    flag.default === undefined ? "" : `:${flag.default}`,
    splits ? ",…" : "",
    hides ? "*" : "",
    describeCompletes(flag.completes),
  ].join("");
}

function describeCompletes(completes: Flag["completes"]): string {
  if (completes === undefined) return "";
  return `@${typeof completes === "string" ? completes : completes.join("|")}`;
}
