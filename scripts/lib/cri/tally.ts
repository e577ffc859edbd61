/** Counts results, and prints each at once. */

import { print } from "../print.ts";

/** The counts so far. */
export interface Tally {
  readonly failed: number;
  note(
    name: string,
    state: "passed" | "failed" | "skipped",
    why?: string,
  ): void;
  /** Counts many at once, and says what they are. */
  skip(count: number, what: string): void;
  /** The line that ends a run. */
  format(): string;
}

/** Starts to count. */
export function createTally(): Tally {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  return {
    get failed() {
      return counts.failed;
    },
    note(name, state, why = "") {
      counts[state]++;
      const text = why.trim().replaceAll("\n", "\n    ");
      print(`${state}: ${name}${text === "" ? "" : `\n    ${text}`}`);
    },
    skip(count, what) {
      counts.skipped += count;
      if (count > 0) print(`skipped: ${count} ${what}`);
    },
    format: () =>
      `${counts.passed} passed, ${counts.failed} failed, ` +
      `${counts.skipped} skipped`,
  };
}
