/** The format of containers' logs that conmon writes, and Kubernetes reads. */

import { type Bytes, toText } from "./bytes.ts";

/** A line of a log: kubernetes, design-proposals, kubelet-cri-logging.md. */
export interface LogLine {
  /** RFC 3339, with nanoseconds, as it is written. */
  readonly time: string;
  /** Where the process wrote it to. */
  readonly stream: "stdout" | "stderr";
  /** Whether the process ended the line; else the stream's next one goes on. */
  readonly isWhole: boolean;
  /** What it wrote, without a newline. */
  readonly content: Bytes;
}

const SPACE = 0x20;
// The longest is "2026-11-30T16:52:39.862695558+00:00".
const MAX_TIME = 64;
const TAGS = ["F", "P"] as const;

/**
 * Reads a line such as `2026-11-30T16:52:39.862695558Z stdout F hello`.
 *
 * @returns Undefined if it is none.
 */
export function parseLogLine(line: Bytes): LogLine | undefined {
  const [time, stream, tags] = [takeWord(), takeWord(), takeWord()];
  if (time === undefined || Number.isNaN(Date.parse(time))) return undefined;
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  // Further tags may follow: F:x
  const tag = TAGS.find((tag) => tags?.split(":")[0] === tag);
  if (tag === undefined) return undefined;
  return { time, stream, isWhole: tag === "F", content: line };

  function takeWord(): string | undefined {
    const end = line.indexOf(SPACE);
    if (end < 0 || end > MAX_TIME) return undefined;
    const word = toText(line.subarray(0, end));
    line = line.subarray(end + 1);
    return word;
  }
}
