/** Time limit, number of trials, and random source of the crash tests. */

/** Options of each part of the crash tests. */
export interface CrashOptions {
  /** As of `performance.now()`. */
  readonly deadlineMs: number;
  readonly random: () => number;
  /** The most trials of one kind; if omitted, as many as there is time for. */
  readonly points?: number | undefined;
  /** Which commands are tried, where commands are: those with this text. */
  readonly command: string;
  /** How many operations a long life has. */
  readonly operations: number;
}
