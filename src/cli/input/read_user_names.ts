/** What this machine calls its users. */

import { readFileSync } from "node:fs";
import { parsePasswdLine } from "../../formats/config/passwd.ts";

/** The names in `/etc/passwd`, by user ID; none if it cannot be read. */
export function readUserNames(): ReadonlyMap<number, string> {
  let text = "";
  try {
    text = readFileSync("/etc/passwd", "utf8");
  } catch {
    // Numbers have to do.
  }
  const entries = text.split("\n").flatMap((line) => {
    const entry = parsePasswdLine(line);
    return entry === undefined ? [] : [[entry.uid, entry.name] as const];
  });
  return new Map(entries.toReversed()); // the first of a user's names counts
}
