/** conmon's reply about a process that it was to create. */

import type { Abortable } from "../../errors/abort.ts";
import {
  asInteger,
  asObject,
  asString,
  optional,
  parseJson,
} from "../../formats/json.ts";
import type { StartingMonitor } from "./conmon.ts";
import { openLineReader } from "./read_line.ts";

/** Whether there is a process. */
export interface MonitorAnswer {
  /** Undefined if there is none. */
  readonly pid: number | undefined;
  /** Why there is none, in a line; `""` if unknown. */
  readonly message: string;
}

/** Waits for the reply about a container's process. */
export async function readAnswer(
  { answers, messages, detached }: StartingMonitor,
  options: Abortable,
): Promise<MonitorAnswer> {
  using lines = openLineReader(answers);
  using complaints = openLineReader(messages);
  const line = await lines.next(options);
  await detached;
  if (line !== undefined) return parseAnswer(line);
  const message = explainMonitor(await complaints.next(options) ?? "");
  return { pid: undefined, message };
}

/** The text of an error message, such as `[conmon:e]: Failed to open log file`. */
export function explainMonitor(complaint: string): string {
  return complaint.replace(/^\[conmon:\w\]: /, "");
}

/** A line such as `{"pid": -1, "message": "runc create failed: …\n"}`. */
export function parseAnswer(line: string): MonitorAnswer {
  const what = "conmon's answer";
  const answer = asObject(parseJson(line, what), what);
  const pid = asInteger(answer["pid"] ?? answer["data"], what);
  const message = optional(answer["message"], what, asString) ?? "";
  if (pid > 0) return { pid, message: "" };
  return { pid: undefined, message: lastLine(message) };
}

// runc's advice, which is useless for users of orlop.
const ADVICE = / \(use --[a-z-]+ to override\)$/;

function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1)?.trim() ?? "";
  return line.replace(ADVICE, "");
}
