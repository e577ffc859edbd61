/** `orlop help` and `orlop help COMMAND`, made from the table of commands. */

import { type Command, type FlagTable, SECTIONS } from "../../command.ts";
import { EXIT_CODE_HELP } from "../../exit_code.ts";
import type { Terminal } from "../terminal.ts";
import { wrapText } from "../wrap_text.ts";
import {
  describeFlag,
  describeFlagNames,
  shownFlags,
} from "./describe_flag.ts";
import { usageOf } from "./usage.ts";

/** How help is set. */
export interface HelpOptions {
  /** Where lines break, in columns. */
  readonly width?: number | undefined;
  readonly paint?: Terminal["paint"];
}

/** Sets the help of a command, of a group, or of everything (the root). */
export function helpText(
  command: Command,
  path: readonly string[],
  { width = 80, paint = (_, text) => text }: HelpOptions = {},
): string {
  const isRoot = path.length === 0;
  const blocks = [
    { title: "", lines: [command.summary] },
    ...(command.description ?? []).map((text) => ({
      title: "",
      lines: wrapText(text, width),
    })),
    { title: "Usage", lines: [usageOf(command, path)] },
    { title: "Aliases", lines: aliasLines(command) },
    ...groupCommands(command).map(({ title, commands }) => ({
      title,
      lines: setColumns(commands.map(commandRow), width),
    })),
    {
      title: isRoot ? "Flags of all commands" : "Flags",
      lines: setColumns(flagRows(command.flags ?? {}), width),
    },
    { title: "Examples", lines: exampleLines(command) },
    ...(isRoot ? rootBlocks(width) : []),
  ];
  return blocks
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) =>
      title === ""
        ? lines.join("\n")
        : [paint("bold", `${title}:`), ...lines.map((line) => `  ${line}`)]
          .join("\n")
    )
    .join("\n\n");
}

/** The commands of a group under their headings; hidden ones are left out. */
export function groupCommands(
  { commands = [] }: Command,
): { title: string; commands: readonly Command[] }[] {
  const shown = commands.filter(({ isHidden }) => !isHidden);
  const groups = SECTIONS.map((title) => ({
    title: String(title),
    commands: shown.filter(({ section }) => section === title),
  }));
  groups.push({
    title: "Commands",
    commands: shown.filter(({ section }) => section === undefined),
  });
  return groups.filter(({ commands }) => commands.length > 0);
}

function aliasLines({ aliases = [] }: Command): string[] {
  return aliases.length > 0 ? [aliases.join(", ")] : [];
}

type Row = readonly [name: string, text: string];

function commandRow({ name, summary }: Command): Row {
  return [name, summary];
}

function flagRows(flags: FlagTable): Row[] {
  return shownFlags(flags).map(([name, flag]) => [
    describeFlagNames(name, flag),
    describeFlag(flag),
  ]);
}

function exampleLines({ examples = [] }: Command): string[] {
  return examples.flatMap(({ line, does }) => [`# ${does}`, line]);
}

function rootBlocks(width: number) {
  const rows = EXIT_CODE_HELP.map(([code, text]): Row => [String(code), text]);
  return [
    { title: "Exit codes", lines: setColumns(rows, width) },
    {
      title: "",
      lines: ["Help of one command: orlop help COMMAND, orlop COMMAND --help"],
    },
  ];
}

function setColumns(rows: readonly Row[], width: number): string[] {
  const first = Math.max(0, ...rows.map(([name]) => name.length)) + 2;
  const indent = 2; // of the lines below a heading
  const rest = Math.max(width - first - indent, 24);
  return rows.flatMap(([name, text]) =>
    wrapText(text, rest).map((line, index) =>
      (index === 0 ? name : "").padEnd(first) + line
    )
  );
}
