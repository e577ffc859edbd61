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

/** Bytes to show, and where. */
export interface LogText {
  readonly stream: LogLine["stream"];
  readonly bytes: Bytes;
}

/** What to show of lines: as much at once as goes to the same place. */
export function logTexts(
  lines: readonly LogLine[],
  options: LogTextOptions,
): readonly LogText[] {
  const texts: LogText[] = [];
  for (let start = 0; start < lines.length;) {
    const stream = lines[start]?.stream ?? "stdout";
    const next = lines.findIndex((line, index) =>
      index > start && line.stream !== stream
    );
    const end = next < 0 ? lines.length : next;
    const parts = lines.slice(start, end)
      .flatMap((line) => partsOf(line, options));
    texts.push({ stream, bytes: concatBytes(parts) });
    start = end;
  }
  return texts;
}

/** Of a line that goes on in another one, without a newline. */
function partsOf(
  { time, isWhole, content }: LogLine,
  { timestamps, name }: LogTextOptions,
): readonly Bytes[] {
  const end = isWhole ? [NEWLINE] : [];
  if (!timestamps && name === undefined) return [content, ...end];
  const head = [name, timestamps ? time : undefined]
    .filter((word) => word !== undefined);
  return [toBytes(`${head.join(" ")} `), content, ...end];
}
