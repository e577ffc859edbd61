/** The manual page, in the macros of man(7), made from the table. */

import type { Command } from "../../command.ts";
import { EXIT_CODE_HELP } from "../../exit_code.ts";
import {
  describeFlag,
  describeFlagNames,
  shownFlags,
} from "./describe_flag.ts";
import { usageOf } from "./usage.ts";

/** Sets the manual page of all commands. */
export function manPage(root: Command): string {
  const lines = [
    `.TH ORLOP 1 "" orlop`,
    ".SH NAME",
    escape(`orlop - ${root.summary}`),
    ".SH SYNOPSIS",
    escape(usageOf(root, [])),
    ".SH FLAGS OF ALL COMMANDS",
    ...flagLines(root),
    ".SH COMMANDS",
    ...commandLines(root, []),
    ".SH EXIT STATUS",
    ...EXIT_CODE_HELP.flatMap(([code, text]) => entry(String(code), text)),
  ];
  return lines.join("\n");
}

function commandLines(
  { commands = [] }: Command,
  path: readonly string[],
): string[] {
  return commands
    .filter(({ isHidden }) => !isHidden)
    .flatMap((command) => {
      const words = [...path, command.name];
      if (command.commands) return commandLines(command, words);
      return describeOne(command, words);
    });
}

function describeOne(command: Command, path: readonly string[]): string[] {
  const { description = [], examples = [] } = command;
  return [
    `.SS ${escape(usageOf(command, path))}`,
    escape(`${command.summary}.`),
    ...description.flatMap((text) => [".PP", escape(text)]),
    ...flagLines(command),
    ...examples.flatMap(({ line, does }) => [
      ".PP",
      escape(`${does}:`),
      ".nf",
      `    ${escape(line)}`,
      ".fi",
    ]),
  ];
}

function flagLines({ flags }: Command): string[] {
  return shownFlags(flags).flatMap(([name, flag]) =>
    entry(describeFlagNames(name, flag).trim(), describeFlag(flag))
  );
}

function entry(term: string, text: string): string[] {
  return [".TP", `.B ${escape(term)}`, escape(text)];
}

/** Keeps backslashes, dashes, and dots at the start, what they are. */
function escape(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^[.']/, "\\&$&");
}
