/** `printf`: the verbs of Go's package fmt that fit what templates hold. */

import { goQuoted, goText } from "./go_text.ts";
import { GoMap } from "./go_values.ts";

/** How a verb is to be set, between `%` and its letter. */
interface Setting {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

const VERB = /%([-+# 0]*)(\d+|\*)?(?:\.(\d+|\*)?)?(?:([a-zA-Z%])|(.)|$)/gsu;

// More is a mistake that would only fill the memory.
const MOST_WIDTH = 10_000;

/** Fills in a format; what does not fit is shown as Go shows it. */
export function goPrintf(
  format: string,
  values: readonly unknown[],
): string {
  let used = 0;
  const text = format.replace(
    VERB,
    (all, flags: string, width, precision, verb, other) => {
      if (verb === "%") return "%";
      if (verb === undefined && other === undefined) return "%!(NOVERB)";
      const setting = {
        flags,
        width: readCount(width) ?? 0,
        precision: all.includes(".") ? readCount(precision) ?? 0 : undefined,
      };
      if (used >= values.length) return `%!${verb ?? other}(MISSING)`;
      const value = values[used++];
      const shown = showVerb(verb ?? other, value, setting);
      return shown ?? `%!${verb ?? other}(${typeOf(value)}=${goText(value)})`;
    },
  );
  const extra = values.slice(used)
    .map((value) => `${typeOf(value)}=${goText(value)}`);
  return extra.length > 0 ? `${text}%!(EXTRA ${extra.join(", ")})` : text;

  function readCount(text: string | undefined): number | undefined {
    if (text === undefined) return undefined;
    const count = text === "*" ? Number(values[used++]) : Number(text);
    return Math.min(Number.isNaN(count) ? 0 : count, MOST_WIDTH);
  }
}

/** Undefined if the verb does not fit the value. */
function showVerb(
  verb: string,
  value: unknown,
  setting: Setting,
): string | undefined {
  if (verb === "v") {
    return typeof value === "number"
      ? pad(sign(String(value), setting), setting, "number")
      : pad(goText(cutValue(value, setting)), setting, "text");
  }
  if (verb === "T") return pad(typeOf(value), setting, "text");
  if (verb === "t") {
    return typeof value === "boolean"
      ? pad(String(value), setting, "text")
      : undefined;
  }
  if (typeof value === "number") return showNumber(verb, value, setting);
  if (typeof value === "boolean" || value === null) return undefined;
  const text = cut(goText(value), setting);
  if (verb === "s") return pad(text, setting, "text");
  if (verb === "q") {
    return pad(goQuoted(cutValue(value, setting)), setting, "text");
  }
  if (verb !== "x" && verb !== "X") return undefined;
  const hex = new TextEncoder().encode(text).toHex();
  return pad(verb === "x" ? hex : hex.toUpperCase(), setting, "text");
}

function showNumber(
  verb: string,
  value: number,
  setting: Setting,
): string | undefined {
  const { precision } = setting;
  const show = Number.isInteger(value) ? INTEGER_VERBS[verb] : undefined;
  if (show !== undefined) {
    const digits = show(Math.abs(value)).padStart(precision ?? 0, "0");
    return pad(
      sign(`${value < 0 ? "-" : ""}${digits}`, setting),
      setting,
      "number",
    );
  }
  const showFloat = FLOAT_VERBS[verb];
  if (showFloat === undefined) return undefined;
  const text = showFloat(value, precision);
  return pad(sign(text, setting), setting, "number");
}

type ShowInteger = (value: number) => string;
const INTEGER_VERBS: Readonly<Record<string, ShowInteger>> = {
  d: String,
  b: (value) => value.toString(2),
  o: (value) => value.toString(8),
  O: (value) => `0o${value.toString(8)}`,
  x: (value) => value.toString(16),
  X: (value) => value.toString(16).toUpperCase(),
  c: toCharacter,
  q: (value) => `'${toCharacter(value)}'`,
  U: (value) => `U+${value.toString(16).toUpperCase().padStart(4, "0")}`,
};

function toCharacter(code: number): string {
  return String.fromCodePoint(code <= 0x10ffff ? code : 0xfffd);
}

// What JavaScript's number formats take at most.
const MOST_DIGITS = 100;
type ShowFloat = (value: number, precision: number | undefined) => string;
const FLOAT_VERBS: Readonly<Record<string, ShowFloat>> = {
  f: (value, precision = 6) => value.toFixed(Math.min(precision, MOST_DIGITS)),
  F: (value, precision = 6) => value.toFixed(Math.min(precision, MOST_DIGITS)),
  e: (value, precision = 6) =>
    value.toExponential(Math.min(precision, MOST_DIGITS))
      // At least two digits, as C has it.
      .replace(/e([+-])(\d)$/, "e$10$2"),
  g: (value, precision) =>
    precision === undefined ? String(value) : String(
      Number(value.toPrecision(Math.min(precision || 1, MOST_DIGITS))),
    ),
};

function sign(text: string, { flags }: Setting): string {
  if (text.startsWith("-")) return text;
  if (flags.includes("+")) return `+${text}`;
  return flags.includes(" ") ? ` ${text}` : text;
}

function cut(text: string, { precision }: Setting): string {
  return precision === undefined
    ? text
    : [...text].slice(0, precision).join("");
}

function cutValue(value: unknown, setting: Setting): unknown {
  return typeof value === "string" ? cut(value, setting) : value;
}

function pad(
  text: string,
  { flags, width }: Setting,
  kind: "number" | "text",
): string {
  const missing = Math.max(width - [...text].length, 0);
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (kind === "text" || !flags.includes("0")) {
    return " ".repeat(missing) + text;
  }
  const [mark = ""] = /^[+ -]?/.exec(text) ?? [];
  return mark + "0".repeat(missing) + text.slice(mark.length);
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") {
    return Number.isInteger(value) ? "int" : "float64";
  }
  if (Array.isArray(value)) return "[]interface {}";
  return value instanceof GoMap ? "map[string]interface {}" : "struct";
}
