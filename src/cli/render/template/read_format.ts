/** `--format` with a template in it: podman's rules around Go's templates. */

import { UsageError } from "../../usage_error.ts";
import { showOnOneLine } from "../../../formats/visible_text.ts";
import { fillTemplate, unknownField } from "./fill_template.ts";
import { findField, type GoStruct } from "./go_values.ts";
import { parseTemplate } from "./parse_template.ts";
import { setTabs } from "./set_tabs.ts";
import { TemplateError } from "./template_error.ts";
import { headingsOf } from "./template_headings.ts";

/** What a template can be about. */
export interface FormatContext {
  /** The fields of each row; omitted if only the rows tell. */
  readonly fields?: readonly string[];
  /** What stands above a field in a table, if not its name in capitals. */
  readonly headings?: Readonly<Record<string, string>>;
  readonly noHeading?: boolean;
}

/** Makes text of rows, without a newline at its end. */
export type RowTemplate = (rows: readonly GoStruct[]) => string;

const TABLE = "table ";
/** Of a format, in a message. */
const MOST_SHOWN = 200;

/** Whether a format is a template, and not a word such as `json`. */
export function isTemplate(format: string): boolean {
  return format.includes("{{");
}

/**
 * Reads a template: `{{.ID}}\t{{.Names}}`, or `table {{.ID}} {{.Names}}`.
 *
 * @throws {UsageError} Saying what is wrong and where; so does what is
 *   returned, if a value does not fit.
 */
export function readTemplate(
  format: string,
  { fields, headings = {}, noHeading = false }: FormatContext = {},
): RowTemplate {
  const isTable = format.startsWith(TABLE);
  const source = isTable ? format.slice(TABLE.length) : format;
  const nodes = explain(() => {
    const parsed = parseTemplate(source, isTable ? decodeTable : decode);
    for (const { name, at } of fields === undefined ? [] : parsed.rootFields) {
      if (!isKnown(name, fields)) throw unknownField(name, fields ?? [], at);
    }
    return parsed.nodes;
  });
  return (rows) => {
    const show = isTable ? showOnOneLine : undefined;
    const filled = explain(() =>
      rows.map((row) => fillTemplate(nodes, row, show))
    );
    const hasHeading = isTable && !noHeading;
    const heading = hasHeading ? [headingsOf(nodes, headings)] : [];
    // A newline at the end of the format is the one that ends each row.
    const text = format.endsWith("\n") || format.endsWith("\\n")
      ? [...heading, ...filled].join("").replace(/\n$/, "")
      : [...heading, ...filled].join("\n");
    return isTable ? setTabs(text.split("\n")).join("\n") : text;
  };

  function explain<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const at = error.at + format.length - source.length + 1;
      const shown = format.length > MOST_SHOWN
        ? `${format.slice(0, MOST_SHOWN)}…`
        : format;
      throw new UsageError(
        `Cannot use "--format=${shown}": at character ${at}: ${error.message}`,
      );
    }
  }
}

/** In text between actions, as it comes from a shell's quotes. */
function decode(text: string): string {
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

/** Blanks separate columns, as in podman's tables. */
function decodeTable(text: string): string {
  return decode(text.replaceAll(" ", "\t"));
}

function isKnown(name: string, fields: readonly string[] = []): boolean {
  const struct = Object.fromEntries(fields.map((field) => [field, true]));
  return findField(struct, name) !== undefined;
}
