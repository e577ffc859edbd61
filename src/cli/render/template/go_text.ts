/** Values as text: package fmt of Go. */

import { GoMap, isStruct, sortedEntries } from "./go_values.ts";

/** As `%v`. What is not there is `<no value>`, as in a template. */
export function goText(value: unknown): string {
  if (value === undefined) return "<no value>";
  return format(value, String);
}

/** As `%q`. */
export function goQuoted(value: unknown): string {
  return format(value, (text) => JSON.stringify(text));
}

/** Formats a value; `<nil>` for null; texts in it by a function. */
function format(value: unknown, show: (text: string) => string): string {
  const inner = (member: unknown) => format(member, show);
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") return show(value);
  if (Array.isArray(value)) return `[${value.map(inner).join(" ")}]`;
  if (value instanceof GoMap) {
    const entries = sortedEntries(value)
      .map(([key, member]) => `${show(key)}:${inner(member)}`);
    return `map[${entries.join(" ")}]`;
  }
  if (isStruct(value) && "rawJSON" in value) return String(value["rawJSON"]);
  return isStruct(value)
    ? `{${Object.values(value).map(inner).join(" ")}}`
    : String(value);
}

/** As `fmt.Sprint`: blanks between operands of which none is a text. */
export function goPrint(values: readonly unknown[]): string {
  return values.map((value, index) => {
    const isApart = index > 0 && typeof value !== "string" &&
      typeof values[index - 1] !== "string";
    return `${isApart ? " " : ""}${format(value, String)}`;
  }).join("");
}

/** As `fmt.Sprintln`. */
export function goPrintLine(values: readonly unknown[]): string {
  return `${values.map((value) => format(value, String)).join(" ")}\n`;
}
