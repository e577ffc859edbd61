/** The conformance run: critest's specs, and why some of them do not run. */

import type { SpecResult } from "./critest_report.ts";
import type { Node } from "./node.ts";
import { runCritest } from "./run_critest.ts";
import type { Runtime } from "./runtime.ts";
import { createTally, type Tally } from "./tally.ts";

/** Which specs run. */
export interface ConformOptions {
  readonly focus: readonly string[];
  readonly skip: readonly string[];
  /** Whether only {@linkcode QUICK} run. */
  readonly quick: boolean;
}

/** The specs that fit CI's time: some of every kind. */
const QUICK: readonly string[] = [
  "Runtime info",
  "Image Manager",
  "Image Consistency",
  "Image Volume",
  "Idempotence",
  "Networking",
  "Streaming",
  "Multiple Containers",
  "PodSandbox",
  "basic operations on container",
  "Container OOM",
  "MaskedPaths",
];

/** Specs that do not run, by their names, with the reason. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/benchmark/, "a benchmark, which scripts/bench/cri runs"],
];

const ORDER = ["passed", "skipped", "failed"];
const UNASKED = "not asked for";

/** Runs critest, and counts. */
export async function conform(
  place: { readonly node: Node; readonly runtime: Runtime },
  { focus, skip, quick }: ConformOptions,
): Promise<Tally> {
  const chosen = quick ? [...QUICK, ...focus] : focus;
  const specs = await runCritest(place, { focus: chosen, skip });
  const isWhole = chosen.length === 0 && skip.length === 0;
  const noted = specs.map((spec) => ({
    ...spec,
    why: reasonOf(spec, isWhole ? "critest gives no reason" : UNASKED),
  })).toSorted((a, b) =>
    ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
    (a.name < b.name ? -1 : 1)
  );
  const tally = createTally();
  const asked = noted.filter(({ why }) => why !== UNASKED);
  tally.skip(noted.length - asked.length, "specs that were not asked for");
  for (const { name, state, why } of asked) tally.note(name, state, why);
  return tally;
}

/** Those that skip themselves say why. */
function reasonOf({ state, name, why }: SpecResult, usual: string): string {
  if (state !== "skipped" || why !== "") {
    // What gomega says comes first, then the inside of values.
    const inside = /^\s*\{$/m.exec(why);
    return why.slice(0, inside?.index).trimEnd();
  }
  return REASONS.find(([pattern]) => pattern.test(name))?.[1] ?? usual;
}
