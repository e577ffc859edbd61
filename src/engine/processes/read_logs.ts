/** Reads what containers' processes have written, and go on to write. */

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
   * `"follow"` goes on until the process has ended.
   *
   * @default {"stop"}
   */
  readonly atEnd?: "follow" | "stop" | undefined;
  /**
   * Leaves out what was written before: milliseconds since 1970.
   *
   * @default {from the beginning}
   */
  readonly sinceMs?: number | undefined;
  /**
   * Leaves out what was written later: milliseconds since 1970.
   *
   * @default {to the end}
   */
  readonly untilMs?: number | undefined;
  /**
   * Only so many lines at the end, and what follows.
   *
   * @default {all}
   */
  readonly tail?: number | undefined;
}

// As often as conmon itself is asked by others that follow.
const POLL_MS = 100;
// What the lines at the end are looked for in first; four times as much then.
const TAIL_BYTES = 64 * 1024;

/**
 * Reads the log of a container that runs, or ran, detached or under a kubelet.
 *
 * @param handle From `openAgent()`.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {Error} If nothing is kept of what it writes.
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
  const agent = insideOf(handle);
  const { atEnd = "stop", sinceMs = -Infinity, untilMs = Infinity } = options;
  const { id } = await findOwn(agent, idOrName, { ...options, verb: "read" });
  using file = openLogFile(logPathOf(agent, idOrName, id));
  const isWanted = ({ time }: LogLine) =>
    Date.parse(time) >= sinceMs && Date.parse(time) <= untilMs;
  yield* readTail(file, options).filter(isWanted);
  if (atEnd === "stop") return;
  const hasEnded = endWatcher(agent, id, options);
  while (Date.now() <= untilMs) {
    const isLast = await hasEnded();
    yield* parseLines(file).filter(isWanted);
    if (isLast) return;
    await sleep(POLL_MS, options);
  }
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
): Generator<LogLine> | readonly LogLine[] {
  if (tail === Infinity) return parseLines(file);
  for (let bytes = TAIL_BYTES;; bytes *= 4) {
    signal?.throwIfAborted();
    file.seekFromEnd(bytes);
    const isAll = bytes >= file.size;
    const last = keepLast(parseLines(file), tail);
    // One more than wanted: else the first of them may have begun before.
    if (isAll || last.hasMore) return last.lines;
  }
}

/** The last lines, each with the parts that it was written in. */
function keepLast(
  lines: Iterable<LogLine>,
  count: number,
): { readonly lines: readonly LogLine[]; readonly hasMore: boolean } {
  const kept: LogLine[] = [];
  const ends: number[] = []; // where in `kept` lines end
  let dropped = 0;
  for (const line of lines) {
    kept.push(line);
    if (line.isWhole) ends.push(dropped + kept.length);
    if (ends.length <= count + 1) continue;
    const end = ends.shift() ?? 0;
    kept.splice(0, end - dropped);
    dropped = end;
  }
  const isOpen = kept.length > 0 && kept.at(-1)?.isWhole === false;
  const surplus = ends.length + (isOpen ? 1 : 0) - count;
  const start = surplus > 0 ? ends[surplus - 1] ?? dropped : dropped;
  return { lines: kept.slice(start - dropped), hasMore: surplus > 0 };
}

/** What is no line of a log was left by a full disk, or put there by others. */
function* parseLines(file: LogFile): Generator<LogLine> {
  for (const bytes of file.readLines()) {
    const line = parseLogLine(bytes);
    if (line !== undefined) yield line;
  }
}
