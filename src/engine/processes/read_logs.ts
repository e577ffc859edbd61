/** Reads and follows the logs of containers. */

import { type Abortable, sleep } from "../../errors/abort.ts";
import { type LogLine, parseLogLine } from "../../formats/cri_log.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { tryReadLastRun } from "../containers/last_run.ts";
import { findOwn } from "./find_own.ts";
import { type LogFile, openLogFile } from "./log_file.ts";
import { endWatcher } from "./watch_end.ts";

/** What to read of a log. */
export interface ReadLogsOptions extends Abortable {
  /**
   * `"follow"` continues until the process has ended.
   *
   * @default {"stop"}
   */
  readonly atEnd?: "follow" | "stop" | undefined;
  /**
   * Skips lines before this time: milliseconds since 1970.
   *
   * @default {from the beginning}
   */
  readonly sinceMs?: number | undefined;
  /**
   * Skips lines after this time: milliseconds since 1970.
   *
   * @default {to the end}
   */
  readonly untilMs?: number | undefined;
  /**
   * Only this number of lines at the end, and those that follow.
   *
   * @default {all}
   */
  readonly tail?: number | undefined;
}

// The same interval as in other tools.
const POLL_MS = 100;
// The size of the end that is searched for the last lines; quadrupled if it has too
// few.
const TAIL_BYTES = 64 * 1024;

/**
 * Reads the log of a container that runs, or ran, detached or under a kubelet.
 *
 * @param handle From `openAgent()`.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {Error} If it has no log.
 * @example
 * ```ts
 * import { type Agent, readLogs } from "orlop";
 * async function print(agent: Agent, name: string): Promise<void> {
 *   for await (const { content } of readLogs(agent, name, { tail: 10 })) {
 *     console.log(new TextDecoder().decode(content));
 *   }
 * }
 * ```
 */
export async function* readLogs(
  handle: AgentHandle,
  idOrName: string,
  options: ReadLogsOptions = {},
): AsyncGenerator<LogLine, void, void> {
  for await (const lines of readLogBatches(handle, idOrName, options)) {
    yield* lines;
  }
}

/** As {@linkcode readLogs}, but many lines at a time, which is much faster. */
export async function* readLogBatches(
  handle: AgentHandle,
  idOrName: string,
  options: ReadLogsOptions = {},
): AsyncGenerator<readonly LogLine[], void, void> {
  const agent = insideOf(handle);
  const { atEnd = "stop", untilMs = Infinity } = options;
  const { id } = await findOwn(agent, idOrName, { ...options, verb: "read" });
  using file = openLogFile(logPathOf(agent, idOrName, id));
  const choose = chooser(options);
  for (const lines of readTail(file, options)) yield choose(lines);
  if (atEnd === "stop") return;
  const hasEnded = endWatcher(agent, id, options);
  while (Date.now() <= untilMs) {
    const isLast = await hasEnded();
    for (const lines of parseLines(file)) yield choose(lines);
    if (isLast) return;
    await sleep(POLL_MS, options);
  }
}

/** Chooses lines by when they were written. */
function chooser(
  { sinceMs = -Infinity, untilMs = Infinity }: ReadLogsOptions,
): (lines: readonly LogLine[]) => readonly LogLine[] {
  if (sinceMs === -Infinity && untilMs === Infinity) return (lines) => lines;
  return (lines) =>
    lines.filter(({ time }) => {
      const writtenMs = Date.parse(time);
      return writtenMs >= sinceMs && writtenMs <= untilMs;
    });
}

function logPathOf(agent: Agent, idOrName: string, id: ContainerId): string {
  const path = tryReadLastRun(agent, id)?.logPath;
  if (path !== undefined) return path;
  throw new Error(
    `Cannot read the log of container "${idOrName}": it has none; what is run ` +
      "without --detach writes to where orlop run was started",
  );
}

/** What there is now, or the last lines of that. */
function readTail(
  file: LogFile,
  { tail = Infinity, signal }: ReadLogsOptions,
): Iterable<readonly LogLine[]> {
  if (tail === Infinity) return parseLines(file);
  for (let bytes = TAIL_BYTES;; bytes *= 4) {
    signal?.throwIfAborted();
    file.seekFromEnd(bytes);
    const isAll = bytes >= file.size;
    const last = keepLast(parseLines(file), tail);
    // One more than requested: the first may be incomplete.
    if (isAll || last.hasMore) return [last.lines];
  }
}

/** The last lines, each with all its partial entries. */
function keepLast(
  batches: Iterable<readonly LogLine[]>,
  count: number,
): { readonly lines: readonly LogLine[]; readonly hasMore: boolean } {
  let kept: readonly LogLine[] = [];
  for (const lines of batches) {
    kept = dropSurplus([...kept, ...lines], count + 1);
  }
  const lines = dropSurplus(kept, count);
  return { lines, hasMore: lines.length < kept.length };
}

function dropSurplus(
  lines: readonly LogLine[],
  count: number,
): readonly LogLine[] {
  let left = count;
  let start = lines.length;
  while (start > 0) {
    // A line ends here, or is incomplete.
    const isEnd = start === lines.length || lines[start - 1]?.isWhole === true;
    if (isEnd && left-- === 0) break;
    start--;
  }
  return lines.slice(start);
}

/** Malformed lines are skipped: left by a full disk, or written by others. */
function* parseLines(file: LogFile): Generator<readonly LogLine[]> {
  for (const batch of file.readLines()) {
    yield batch.flatMap((bytes) => parseLogLine(bytes) ?? []);
  }
}
