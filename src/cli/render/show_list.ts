/** Shows a list as a table, as JSON, by a template, or as bare IDs. */

import { UsageError } from "../usage_error.ts";
import { type Column, tableText } from "./table_text.ts";
import type { GoStruct } from "./template/go_values.ts";
import { isTemplate, readTemplate } from "./template/read_format.ts";
import type { Terminal } from "./terminal.ts";

/** Fields of rows that templates can show, beside the columns. */
export type FieldTable<Row> = Readonly<Record<string, (row: Row) => unknown>>;

/** A list, and all the ways it can be shown. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What only templates show, under podman's names. */
  readonly fields?: FieldTable<Row>;
  /** What stands above fields in a template's table, if not their names. */
  readonly headings?: Readonly<Record<string, string>>;
  /** All that is known of rows; there may be fewer of it than of these. */
  readonly json: (rows: readonly Row[]) => readonly unknown[];
  readonly id?: (row: Row) => string;
}

/** The values of `LIST_FLAGS`, where a command has them. */
export interface ListFlags {
  readonly format: string;
  readonly quiet?: boolean;
  readonly "no-trunc"?: boolean;
  readonly noheading?: boolean;
}

/**
 * Shows a list on stdout.
 *
 * @throws {UsageError} If the format makes no sense; nothing is printed then.
 */
export function showList<Row>(
  listing: Listing<Row>,
  flags: ListFlags,
  terminal: Terminal,
): void {
  const { rows, columns, json, id } = listing;
  const { format, noheading = false } = flags;
  checkFormat(format, { plain: "table" });
  if (format === "json") return showJson(json(rows), terminal);
  // As podman has it: -q goes before a template.
  if (flags.quiet && id !== undefined) {
    return printLines([...new Set(rows.map(id))], terminal);
  }
  if (isTemplate(format)) {
    const text = fill(listing, { format, noHeading: noheading });
    if (text !== "" || rows.length > 0) terminal.print(text);
    return;
  }
  const width = flags["no-trunc"] ? undefined : terminal.columns;
  const [headings = "", ...lines] = tableText(columns, rows, { width })
    .split("\n");
  if (!noheading) terminal.print(terminal.paint("bold", headings));
  printLines(lines, terminal);
}

/** All at once: a call for each of a thousand lines takes its time. */
function printLines(lines: readonly string[], terminal: Terminal): void {
  if (lines.length > 0) terminal.print(lines.join("\n"));
}

/** Shows a value as JSON on stdout. */
export function showJson(value: unknown, terminal: Terminal): void {
  terminal.print(JSON.stringify(value, undefined, 4));
}

/**
 * Refuses a format that is neither a word that is known nor a template.
 *
 * @param plain The word for what people read.
 */
export function checkFormat(
  format: string,
  { plain }: { readonly plain: string },
): void {
  if (format === plain || format === "json") return;
  if (isTemplate(format)) return void readTemplate(format);
  const words = [...new Set([plain, "json"])].join(", ");
  throw new UsageError(
    `Cannot use "--format=${format}": use ${words}, or a template ` +
      `such as '{{.ID}}'`,
  );
}

function fill<Row>(
  { rows, columns, fields = {}, headings = {}, json }: Listing<Row>,
  { format, noHeading }: { format: string; noHeading: boolean },
): string {
  const ofColumns = columns.map(({ field, header }) => [field, header]);
  const template = readTemplate(format, {
    fields: [...columns.map(({ field }) => field), ...Object.keys(fields)],
    headings: { ...Object.fromEntries(ofColumns), ...headings },
    noHeading,
  });
  return template(rows.map((row): GoStruct => {
    const struct = Object.fromEntries([
      ...columns.map(({ field, text }) => [field, text(row)]),
      ...Object.entries(fields).map(([field, read]) => [field, read(row)]),
    ]);
    // What {{json .}} shows is what --format json shows of the row.
    return withJson(struct, json([row])[0]);
  }));
}

function withJson(struct: GoStruct, json: unknown): GoStruct {
  return Object.defineProperty({ ...struct }, "toJSON", { value: () => json });
}
