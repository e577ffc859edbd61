/** Shows a list as a table, as JSON, by a template, or as bare IDs. */

import { type FlagTable, UsageError } from "./command.ts";
import type { Terminal } from "./terminal.ts";
import { type Column, tableText } from "./table_text.ts";

/** The flags of every command that lists. */
export const LIST_FLAGS = {
  format: {
    type: "text",
    value: "FORMAT",
    default: "table",
    help: "table, json, or a template such as '{{.ID}} {{.Names}}'",
    completes: ["table", "json"],
  },
  quiet: { type: "boolean", short: "q", help: "Print the IDs only" },
  "no-trunc": {
    type: "boolean",
    help: "Do not shorten IDs, digests or long columns",
  },
  noheading: { type: "boolean", short: "n", help: "Print no column headings" },
} as const satisfies FlagTable;

/** A list, and all the ways it can be shown. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** Fields that only templates show. */
  readonly hidden?: readonly Column<Row>[];
  /** All that is known, which may be more than rows show. */
  readonly json: () => readonly unknown[];
  readonly id: (row: Row) => string;
}

/** The values of `LIST_FLAGS`. */
export interface ListFlags {
  readonly format: string;
  readonly quiet: boolean;
  readonly "no-trunc": boolean;
  readonly noheading: boolean;
}

/** Shows a list on stdout. */
export function showList<Row>(
  listing: Listing<Row>,
  flags: ListFlags,
  terminal: Terminal,
): void {
  const { rows, columns, hidden = [], json, id } = listing;
  const { format } = flags;
  if (format === "json") return showJson(json(), terminal);
  if (format.includes("{{")) {
    const template = parseTemplate(format, [...columns, ...hidden]);
    for (const row of rows) terminal.print(template(row));
    return;
  }
  if (format !== "table") {
    throw new UsageError(
      `Cannot use "--format=${format}": use table, json, or a template`,
    );
  }
  if (flags.quiet) {
    const ids = new Set(rows.map(id));
    for (const text of ids) terminal.print(text);
    return;
  }
  const width = flags["no-trunc"] ? undefined : terminal.columns;
  const [headings = "", ...lines] = tableText(columns, rows, { width })
    .split("\n");
  if (!flags.noheading) terminal.print(terminal.paint("bold", headings));
  for (const line of lines) terminal.print(line);
}

/** Shows a value as JSON on stdout. */
export function showJson(value: unknown, terminal: Terminal): void {
  terminal.print(JSON.stringify(value, undefined, 4));
}

/** Reads Go templates as far as fields go, which is what scripts use. */
function parseTemplate<Row>(
  template: string,
  columns: readonly Column<Row>[],
): (row: Row) => string {
  const text = template.replace(/^table /, "").replaceAll("\\t", "\t")
    .replaceAll("\\n", "\n");
  const parts = text.split(/\{\{ *\.(\w+) *\}\}/);
  const writers = parts.map((part, index) => {
    if (index % 2 === 0) return () => part;
    const column = columns.find(({ field }) => field === part);
    if (column !== undefined) return column.text;
    const known = columns.map(({ field }) => field).join(", ");
    throw new UsageError(
      `Cannot use "{{.${part}}}": the fields are ${known}`,
    );
  });
  return (row) => writers.map((write) => write(row)).join("");
}
