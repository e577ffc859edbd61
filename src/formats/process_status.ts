/** What Linux tells of processes: proc(5), `/proc/PID/stat` and `status`. */

/** The numbers of a process, as the kernel counts. */
export interface ProcessStat {
  /** What it calls itself; 15 bytes at most. */
  readonly name: string;
  /** A letter: `R`, `S`, `D`, `Z`… */
  readonly state: string;
  /** The process that started it, or took it over. */
  readonly parentPid: number;
  /** The process group that it is in. */
  readonly groupId: number;
  /** The session that it is in. */
  readonly sessionId: number;
  /** The number of its terminal's device; 0 if it has none. */
  readonly terminal: number;
  /** In ticks of 10 ms. */
  readonly userTicks: number;
  /** In ticks of 10 ms. */
  readonly systemTicks: number;
  /** From -20, the first in the queue, to 19. */
  readonly nice: number;
  /** When it was started: ticks of 10 ms since the boot. */
  readonly startTicks: number;
  /** Bytes of addresses. */
  readonly virtualBytes: number;
  /** Pages of memory. */
  readonly residentPages: number;
}

/** Ticks in a second: USER_HZ, the same on all architectures orlop runs on. */
export const TICKS_PER_SECOND = 100;

/**
 * Reads `/proc/PID/stat`.
 *
 * @returns Undefined if it is not whole.
 */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // A name may have blanks and parentheses of its own.
  const start = text.indexOf("(");
  const end = text.lastIndexOf(")");
  if (start < 0 || end < start) return undefined;
  const [state = "", ...fields] = text.slice(end + 2).trim().split(" ");
  const numbers = fields.map(Number);
  // Fields are numbered from 1; the fourth is the first here.
  const field = (number: number) => numbers[number - 4] ?? NaN;
  const stat = {
    ...{ name: text.slice(start + 1, end), state },
    parentPid: field(4),
    groupId: field(5),
    sessionId: field(6),
    terminal: field(7),
    userTicks: field(14),
    systemTicks: field(15),
    nice: field(19),
    startTicks: field(22),
    virtualBytes: field(23),
    residentPages: field(24),
  };
  return Number.isNaN(stat.residentPages) ? undefined : stat;
}

/** The members of `/proc/PID/status`, by their names. */
export function parseProcessStatus(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const colon = line.indexOf(":");
      if (colon < 0) return [];
      return [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
    }),
  );
}
