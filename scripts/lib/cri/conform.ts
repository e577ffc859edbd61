/** The conformance run: critest's specs, and why some of them do not run. */

import { dirname } from "@std/path";
import { existsSync } from "node:fs";
import { run } from "../../../tests/support/servers/registry_server.ts";
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
  "UserNamespaces",
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
  const specs = await runSpecs(place, { focus: chosen, skip });
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

type Place = { readonly node: Node; readonly runtime: Runtime };

/**
 * Specs of user namespaces run with a newer runc: Debian's has no ID-mapped
 * mounts.
 */
async function runSpecs(
  place: Place,
  { focus, skip }: Pick<ConformOptions, "focus" | "skip">,
): Promise<readonly SpecResult[]> {
  const isOfUsers = ({ name }: SpecResult) => name.includes(USER_NAMESPACES);
  const runc = `${place.node.programs}/runc`;
  if (place.runtime.name !== "orlop" || !existsSync(runc)) {
    return await runCritest(place, { focus, skip });
  }
  const others = [...skip, USER_NAMESPACES];
  const specs = await runCritest(place, { focus, skip: others });
  const asked = specs.filter(isOfUsers).some(({ name }) =>
    (focus.length === 0 || fits(focus, name)) && !fits(skip, name)
  );
  if (!asked) return specs;
  await using _runc = await replaceRunc(runc);
  await place.runtime.restart("SIGTERM");
  const own = await runCritest(place, { focus: [USER_NAMESPACES], skip });
  return [...specs.filter((s) => !isOfUsers(s)), ...own.filter(isOfUsers)];
}

// Where orlop looks first.
const OWN_PROGRAMS = "/usr/local/sbin";
const USER_NAMESPACES = "UserNamespaces";

function fits(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => new RegExp(pattern).test(name));
}

/** Puts another runc in the place of Debian's, in the node's mounts alone. */
async function replaceRunc(runc: string): Promise<AsyncDisposable> {
  // A folder: runc opens itself beside what a mount of it alone hides.
  await run("mount", "--bind", dirname(runc), OWN_PROGRAMS);
  return {
    async [Symbol.asyncDispose]() {
      await run("umount", "--lazy", OWN_PROGRAMS);
    },
  };
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
