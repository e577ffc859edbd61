/**
 * Prints what each command may do, as a table for the README, made of what the
 * launcher and `main.ts` go by: `needs` in the table of commands.
 */

import { type Command, type Need, PROGRAMS } from "../src/cli/command.ts";
import { COMMANDS } from "../src/cli/command_table.ts";

const MARKS = ["<!-- permissions -->\n", "<!-- /permissions -->"] as const;

/** Puts the table in its place in a text that has the two marks. */
export function updateTable(readme: string): string {
  const [start, end] = MARKS.map((mark) => readme.indexOf(mark));
  if (start === undefined || end === undefined || start < 0 || end < start) {
    throw new SyntaxError(`Cannot find "${MARKS[0].trim()}" in the README`);
  }
  const table = `\n${permissionTable()}\n\n`;
  return readme.slice(0, start + MARKS[0].length) + table + readme.slice(end);
}

/** The table in Markdown, as `deno fmt` has it. */
export function permissionTable(): string {
  const groups = Map.groupBy(
    listCommands(COMMANDS),
    ({ needs }) => NEEDS.filter((need) => needs.includes(need)).join(),
  );
  const rows = [...groups.values()]
    .toSorted((a, b) => countNeeds(a) - countNeeds(b))
    .map((commands) => [
      commands.map(({ path }) => `\`${path}\``).join(", "),
      commands[0]?.needs.includes("net") ? "yes" : "no",
      programsOf(commands[0]?.needs ?? []),
    ]);
  return formatTable([
    ["what runs", "network", "programs"],
    ...rows,
    ["a worker that unpacks layers", "no", "none"],
  ]);
}

const NEEDS: readonly Need[] = [
  "net",
  "mount",
  "tar",
  "runtime",
  "fuser",
];

interface NamedCommand {
  readonly path: string;
  readonly needs: readonly Need[];
}

function listCommands(group: Command, prefix = ""): NamedCommand[] {
  return (group.commands ?? []).flatMap((command) => {
    const path = `${prefix}${command.name}`;
    if (command.isHidden) return [];
    if (command.commands) return listCommands(command, `${path} `);
    return [{ path, needs: command.needs ?? [] }];
  });
}

function countNeeds(commands: readonly NamedCommand[]): number {
  return commands[0]?.needs.length ?? 0;
}

function programsOf(needs: readonly Need[]): string {
  const names = Object.entries(PROGRAMS)
    .filter(([need]) => needs.some((name) => name === need))
    .flatMap(([, programs]) => programs);
  return names.map((name) => `\`${name}\``).join(", ") || "none";
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const lines = rows.map((row) =>
    `| ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

if (import.meta.main) {
  const [path = "README.md"] = Deno.args;
  await Deno.writeTextFile(path, updateTable(await Deno.readTextFile(path)));
}
