/** Which part of a log flags ask for. */

import type { ReadLogsOptions } from "../../../engine/processes/read_logs.ts";
import { parseAge, parseDuration } from "../../render/human.ts";
import { badFlag } from "./flag_value.ts";

/** The flags that say it. */
export interface LogRangeFlags {
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly tail: string;
}

/**
 * Reads them.
 *
 * @throws {UsageError} If a value makes no sense.
 */
export function readLogRange(
  { since, until, tail }: LogRangeFlags,
  now: number = Date.now(),
): Pick<ReadLogsOptions, "sinceMs" | "untilMs" | "tail"> {
  return {
    sinceMs: since === undefined ? undefined : parseAge(since, now),
    untilMs: until === undefined ? undefined : parseEnd(until, now),
    tail: parseTail(tail),
  };
}

/** As in podman: a duration is one from now on, for who follows. */
function parseEnd(text: string, now: number): number {
  const isDuration = /^\d.*[a-z]$/.test(text);
  return isDuration ? now + parseDuration(text) * 1000 : parseAge(text, now);
}

function parseTail(text: string): number | undefined {
  if (text === "all" || text === "-1") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw badFlag("tail", text, "write a number of lines, or all");
}
