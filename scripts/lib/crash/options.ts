/** For how long things are tried, how often, and by what chance. */

/** What each part of the crash tests is told. */
export interface CrashOptions {
  /** As of `performance.now()`. */
  readonly deadlineMs: number;
  readonly random: () => number;
  /** The most trials of one kind; left out, as many as there is time for. */
  readonly points?: number | undefined;
  /** How many operations a long life has. */
  readonly operations: number;
}
