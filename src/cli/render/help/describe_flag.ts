/** Flags in words, alike in the help, the man page and the completions. */

import type { Flag, FlagTable } from "../../command.ts";

/** The names of a flag, aligned: `-e, --env NAME=VALUE`. */
export function describeFlagNames(name: string, flag: Flag): string {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const value = takesValue(flag) ? ` ${flag.value ?? "VALUE"}` : "";
  return `${short}--${name}${value}`;
}

/** The help of a flag, with its choices and its default. */
export function describeFlag(flag: Flag): string {
  const notes: string[] = [];
  if (flag.choices) notes.push(flag.choices.join(" | "));
  if (flag.type === "list") notes.push("may be repeated");
  if (flag.default !== undefined) notes.push(`default: ${flag.default}`);
  return notes.length === 0 ? flag.help : `${flag.help} (${notes.join("; ")})`;
}

/** The flags that are told of: those that may be used. */
export function shownFlags(flags: FlagTable = {}): [string, Flag][] {
  return Object.entries(flags).filter(([, { refusal }]) =>
    refusal === undefined
  );
}

/** Whether a value must follow. */
export function takesValue({ type }: Flag): boolean {
  return type !== "boolean" && type !== "tristate";
}
