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
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
// The longest is "2026-11-30T16:52:39.862695558+00:00 stdout F", without more tags.
const MAX_HEAD = 128;
const TAGS = ["F", "P"] as const;

/**
 * Reads a line such as `2026-11-30T16:52:39.862695558Z stdout F hello`.
 *
 * @returns Undefined if it is none.
 */
export function parseLogLine(line: Bytes): LogLine | undefined {
  const end = findThirdSpace(line);
  if (end === undefined) return undefined;
  const [time = "", stream, tags = ""] = toText(line.subarray(0, end))
    .split(" ");
  if (!TIME.test(time)) return undefined;
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  // Further tags may follow: F:x
  const tag = TAGS.find((tag) => tags === tag || tags.startsWith(`${tag}:`));
  if (tag === undefined) return undefined;
  const content = line.subarray(end + 1);
  return { time, stream, isWhole: tag === "F", content };
}

/** A log may have millions of lines: what is before it is decoded at once. */
function findThirdSpace(line: Bytes): number | undefined {
  let end = -1;
  for (let count = 0; count < 3; count++) {
    end = line.indexOf(SPACE, end + 1);
    if (end < 0 || end > MAX_HEAD) return undefined;
  }
  return end;
}
