/**
 * Prints what each command may do, as a list for the README, made of what the
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

/** A list in Markdown, as `deno fmt` has it, and what its words mean. */
export function permissionTable(): string {
  const groups = Map.groupBy(
    listCommands(COMMANDS),
    ({ needs }) => NEEDS.filter((need) => needs.includes(need)).join(),
  );
  const items = [...groups.values()]
    .map((commands) => ({ commands, needs: commands[0]?.needs ?? [] }))
    .toSorted((a, b) => a.needs.length - b.needs.length)
    .map(({ commands, needs }) =>
      formatItem(
        `${describeNeeds(needs)}: ` +
          commands.map(({ name }) => `\`${name}\``).join(", "),
      )
    );
  const worker = formatItem(`${NOTHING}: a worker that unpacks layers`);
  return `${[...items, worker].join("\n")}\n\n${describePrograms()}`;
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
  /** With its group, such as `image ls`. */
  readonly name: string;
  readonly needs: readonly Need[];
}

function listCommands(root: Command, group = ""): NamedCommand[] {
  return (root.commands ?? []).flatMap((command) => {
    const { needs = [] } = command;
    if (command.isHidden) return [];
    const name = `${group}${command.name}`;
    if (command.commands) return listCommands(command, `${name} `);
    return [{ name, needs }];
  });
}

/** The kinds of access, a word each. */
function describeNeeds(needs: readonly Need[]): string {
  const network = needs.includes("net") ? ["network access"] : [];
  const kinds = Object.keys(PROGRAMS)
    .filter((need) => needs.some((name) => name === need))
    .map(nameOf);
  const helpers = mayAskHelpers({ needs }) ? ["helpers"] : [];
  return [...network, ...kinds, ...helpers].join(", ") || NOTHING;
}

const NOTHING = "nothing";

/** Programs for the networks of pods are no network access. */
function nameOf(kind: string): string {
  return kind === "network" ? "cni" : kind;
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
      return formatItem(`${nameOf(need)}: ${names}${plugins}`);
    });
  const helpers =
    `- helpers: those \`${HELPER_PREFIX}NAME\` that are configured`;
  return `Programs:\n\n${[...kinds, helpers].join("\n")}`;
}

/** An item of a list; lines are not broken in code. */
function formatItem(text: string): string {
  const whole = text.replace(/`[^`]*`/g, (code) => code.replaceAll(" ", NBSP));
  const lines = wrapText(whole, WIDTH).join("\n  ");
  return `- ${lines.replaceAll(NBSP, " ")}`;
}

const NBSP = "\u00a0";

if (import.meta.main) {
  const [path = "README.md"] = Deno.args;
  await Deno.writeTextFile(path, updateTable(await Deno.readTextFile(path)));
}
