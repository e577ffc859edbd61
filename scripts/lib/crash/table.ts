/** The results of crash tests: how often each kind ended in which way. */

import { print } from "../print.ts";

/** How a trial ended. Only what is `"broken"` is a fault of the program. */
export type Result = "whole" | "told" | "missed" | "broken";

/** Counts of all trials, and what broke. */
export interface CrashTable {
  /** Records a trial. @param why What is wrong, and how to do it again. */
  note(kind: string, result: Result, why?: string): void;
  /** How many trials broke something. */
  readonly broken: number;
  /** How many trials there were. */
  readonly trials: number;
  /** The table, as lines of text. */
  format(): string;
}

const RESULTS: readonly Result[] = ["whole", "told", "missed", "broken"];
const KIND_WIDTH = 48;
const COUNT_WIDTH = 8;

/** Makes an empty table. */
export function createCrashTable(): CrashTable {
  const counts = new Map<string, Map<Result, number>>();
  return {
    get broken() {
      return totalOf("broken");
    },
    get trials() {
      return RESULTS.reduce((sum, result) => sum + totalOf(result), 0);
    },
    note(kind, result, why = "") {
      const row = counts.get(kind) ?? new Map<Result, number>();
      counts.set(kind, row);
      row.set(result, (row.get(result) ?? 0) + 1);
      // At once, as a run takes hours.
      if (result === "broken") print(`BROKEN  ${kind}: ${why}`);
    },
    format() {
      const rows = [...counts].map(([kind, row]) =>
        formatRow(kind, RESULTS.map((result) => `${row.get(result) ?? 0}`))
      );
      const totals = RESULTS.map((result) => `${totalOf(result)}`);
      return [
        formatRow("kind", RESULTS),
        ...rows,
        formatRow("all", totals),
      ].join("\n");
    },
  };

  function totalOf(result: Result): number {
    return counts.values().reduce(
      (sum, row) => sum + (row.get(result) ?? 0),
      0,
    );
  }
}

function formatRow(kind: string, cells: readonly string[]): string {
  const padded = cells.map((cell) => cell.padStart(COUNT_WIDTH)).join("");
  return kind.slice(0, KIND_WIDTH).padEnd(KIND_WIDTH) + padded;
}
