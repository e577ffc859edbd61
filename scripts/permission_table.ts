/**
 * Prints what each command may do, as a table for the README, made of what the
 * launcher and `main.ts` go by: `needs` in the table of commands.
 */

import {
  type Command,
  mayAskHelpers,
  type Need,
  PROGRAMS,
} from "../src/cli/command.ts";
import { COMMANDS } from "../src/cli/command_table.ts";
import { wrapText } from "../src/cli/render/wrap_text.ts";
import { HELPER_PREFIX } from "../src/registry/auth/helper_prefix.ts";

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

/** The table in Markdown, as `deno fmt` has it, and what its words mean. */
export function permissionTable(): string {
  const groups = Map.groupBy(
    listCommands(COMMANDS),
    ({ group, needs }) =>
      [NEEDS.filter((need) => needs.includes(need)), group].join(),
  );
  const rows = [...groups.values()]
    .toSorted((a, b) => countNeeds(a) - countNeeds(b))
    .map((commands) => [
      describeCommands(commands),
      commands[0]?.needs.includes("net") ? "yes" : "no",
      programsOf(commands[0]?.needs ?? []),
    ]);
  const table = formatTable([
    ["what runs", "network", "programs"],
    ...rows,
    ["a worker that unpacks layers", "no", "none"],
  ]);
  return `${table}\n\n${describePrograms()}`;
}

const NEEDS: readonly Need[] = [
  "net",
  "helpers",
  "mount",
  "tar",
  "runtime",
  "monitor",
  "network",
  "sandbox",
  "files",
  "fuser",
];

interface NamedCommand {
  /** `""` at the top. */
  readonly group: string;
  readonly name: string;
  readonly needs: readonly Need[];
}

function listCommands(root: Command, group = ""): NamedCommand[] {
  return (root.commands ?? []).flatMap((command) => {
    const { name, needs = [] } = command;
    if (command.isHidden) return [];
    if (command.commands) return listCommands(command, name);
    return [{ group, name, needs }];
  });
}

/** Those of one group. */
function describeCommands(commands: readonly NamedCommand[]): string {
  const names = commands.map(({ name }) => `\`${name}\``).join(", ");
  const group = commands[0]?.group ?? "";
  return group === "" ? names : `\`${group}\`: ${names}`;
}

function countNeeds(commands: readonly NamedCommand[]): number {
  return commands[0]?.needs.length ?? 0;
}

/** The kinds of programs, in a word each. */
function programsOf(needs: readonly Need[]): string {
  const kinds = Object.keys(PROGRAMS)
    .filter((need) => needs.some((name) => name === need));
  const helpers = mayAskHelpers({ needs }) ? ["helpers"] : [];
  return [...kinds, ...helpers].join(", ") || "none";
}

// As `deno fmt` breaks lines, beside the marks of a list.
const WIDTH = 78;

/** The programs of each kind whose name does not say all. */
function describePrograms(): string {
  const kinds = Object.entries(PROGRAMS)
    .filter(([need, programs]) => programs.join() !== need)
    .map(([need, programs]) => {
      const names = programs.map((name) => `\`${name}\``).join(", ");
      const plugins = need === "network" ? "; CNI plugins by `timeout`" : "";
      const text = `${need}: ${names}${plugins}`;
      return `- ${wrapText(text, WIDTH).join("\n  ")}`;
    });
  const helpers =
    `- helpers: those \`${HELPER_PREFIX}NAME\` that are configured`;
  return `Programs:\n\n${[...kinds, helpers].join("\n")}`;
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
