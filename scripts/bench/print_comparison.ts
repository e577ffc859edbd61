/** The table of measurements, each tool beside orlop. */

import { type Figures, median } from "./measure.ts";
import { print } from "../lib/print.ts";
import { describeMachine } from "./machine.ts";

/** What a table shows of each run. */
export interface Column<Run> {
  readonly heading: string;
  readonly of: (run: Run) => number;
  /** Decimal places. */
  readonly digits: number;
  /** The heading of orlop's part of it; none is shown if left out. */
  readonly ratio?: string;
}

/** What is shown of {@linkcode Figures}. */
export const COLUMNS = {
  wall: {
    heading: "wall s",
    of: ({ wall }) => wall,
    digits: 2,
    ratio: "orlop/tool: wall",
  },
  synced: {
    heading: "synced s",
    of: ({ synced }) => synced,
    digits: 2,
    ratio: "synced",
  },
  cpu: { heading: "cpu s", of: ({ cpu }) => cpu, digits: 2, ratio: " cpu" },
  peak: { heading: "peak MiB", of: ({ peak }) => peak, digits: 0 },
} as const satisfies Readonly<Record<string, Column<Figures>>>;

const NAME_WIDTH = 8;
const RATIO_DIGITS = 2;

/**
 * Prints medians, and medians of what orlop took of a tool's figure in the same turn.
 *
 * @param groups Runs by the names of tools; the first of a group is orlop.
 */
export async function printComparison<Run>(
  groups: readonly ReadonlyMap<string, readonly Run[]>[],
  columns: readonly Column<Run>[],
): Promise<void> {
  const names = groups.flatMap((group) => [...group.keys()]);
  const width = Math.max(NAME_WIDTH, ...names.map((name) => name.length));
  const ratios = columns.flatMap(({ of, ratio }) =>
    ratio === undefined ? [] : [{ of, ratio }]
  );
  print(await describeMachine());
  print([
    ...["tool".padEnd(width), "runs"],
    ...columns.map(({ heading }) => heading),
    ...ratios.map(({ ratio }) => ratio),
  ].join("  "));
  for (const group of groups) {
    const [own = []] = group.values();
    for (const [name, runs] of group) {
      print([
        ...[name.padEnd(width), String(runs.length).padStart("runs".length)],
        ...columns.map(({ heading, of, digits }) =>
          median(runs.map(of)).toFixed(digits).padStart(heading.length)
        ),
        ...ratios.map(({ ratio, of }) =>
          median(runs.map((run, turn) => of(own[turn] ?? run) / of(run)))
            .toFixed(RATIO_DIGITS).padStart(ratio.length)
        ),
      ].join("  "));
    }
  }
}
