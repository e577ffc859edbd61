/** Logs of containers as people see them: as podman shows them. */

import { type Bytes, concatBytes, toBytes } from "../../../formats/bytes.ts";
import type { LogLine } from "../../../formats/cri_log.ts";

/** How to show a log. */
export interface LogTextOptions {
  /** Whether the time stands before each line. */
  readonly timestamps: boolean;
  /** What stands before that, where there are several logs. */
  readonly name?: string | undefined;
}

const NEWLINE = toBytes("\n");

/** The bytes to show of a line; of a part of one, without a newline. */
export function logText(
  { time, isWhole, content }: LogLine,
  { timestamps, name }: LogTextOptions,
): Bytes {
  const head = [...name === undefined ? [] : [name]];
  if (timestamps) head.push(time);
  const prefix = head.map((word) => `${word} `).join("");
  return concatBytes([
    ...prefix === "" ? [] : [toBytes(prefix)],
    ...[content, isWhole ? NEWLINE : toBytes("")],
  ]);
}
