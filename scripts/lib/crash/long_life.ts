/** Runs many operations in one process, and checks that nothing grows. */

import { fromFileUrl, join } from "@std/path";
import { readdirSync, readFileSync } from "node:fs";
import { lines } from "../../../tests/support/programs/lines.ts";
import { print } from "../print.ts";
import type { Sample } from "./long_life_program.ts";
import type { CrashOptions } from "./options.ts";
import type { CrashTable } from "./table.ts";

/** What is measured from outside the process. */
interface Figures {
  readonly operations: number;
  /** In MiB. */
  readonly heap: number;
  readonly resident: number;
  readonly files: number;
  readonly mounts: number;
  /** Names in the folders of the store. */
  readonly names: number;
  /** The longest cycle divided by the median. */
  readonly unfair: number;
}

const MIB = 1024 * 1024;
/**
 * How much more a figure may be in the second half than in the first, by their
 * medians. What V8 compiles, and what it keeps to collect later, comes and goes:
 * short runs end while that still fills.
 */
const NOISE: Readonly<Record<"short" | "long", Partial<Figures>>> = {
  short: { heap: 4, resident: 48, files: 0, mounts: 0, names: 0 },
  long: { heap: 2, resident: 16, files: 0, mounts: 0, names: 0 },
};
const LONG_OPERATIONS = 100_000;
/** Of the samples, those of the start, which fills caches: they are not judged. */
const WARM_UP = 0.2;
const MAX_UNFAIR = 10;

/** Runs it, prints what it samples, and records what grew. */
export async function liveLong(
  table: CrashTable,
  { operations, deadlineMs }: CrashOptions,
): Promise<void> {
  const begunMs = performance.now();
  await using child = startEngine(operations, deadlineMs - begunMs);
  const writer = child.stdin.getWriter();
  const samples: Figures[] = [];
  print("operations  heap MiB  resident MiB  files  mounts  names  unfair");
  for await (const line of lines(child.stdout)) {
    const figures = lookAt(child.pid, JSON.parse(line));
    samples.push(figures);
    print(
      Object.values(figures).map((value) => `${value}`.padStart(8)).join("  "),
    );
    await writer.write(new Uint8Array(1));
  }
  await writer.close().catch(() => {}); // it has ended
  const { success } = await child.status;
  const last = samples.at(-1);
  const seconds = (performance.now() - begunMs) / 1000;
  if (!success || last === undefined || samples.length < 4) {
    return table.note("life", "broken", "the engine failed");
  }
  print(
    `life: ${last.operations} of ${operations} operations in ` +
      `${seconds.toFixed(0)} s, ${
        (last.operations / seconds).toFixed(0)
      } a second`,
  );
  const length = last.operations < LONG_OPERATIONS ? "short" : "long";
  for (const [name, noise] of Object.entries(NOISE[length])) {
    const growth = growthOf(
      samples.map((sample) => sample[name as keyof Figures]),
    );
    const isFlat = growth <= noise;
    const why = `${growth > 0 ? "+" : ""}${growth}`;
    print(`life: ${name} ${why} in the second half`);
    table.note(`life: ${name}`, isFlat ? "whole" : "broken", why);
  }
  const unfair = Math.max(...samples.slice(1).map(({ unfair }) => unfair));
  table.note(
    "life: fair",
    unfair <= MAX_UNFAIR ? "whole" : "broken",
    `one took ${unfair} times the median`,
  );
}

/** How much more the second half has than the first, without the warm-up. */
export function growthOf(series: readonly number[]): number {
  const warm = series.slice(Math.ceil(series.length * WARM_UP));
  const half = Math.floor(warm.length / 2);
  return medianOf(warm.slice(-half)) - medianOf(warm.slice(0, half));
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function startEngine(operations: number, lengthMs: number): Deno.ChildProcess {
  const program = new URL("long_life_program.ts", import.meta.url);
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--quiet", "--v8-flags=--expose-gc"],
      ...[fromFileUrl(program), `${operations}`, `${Math.round(lengthMs)}`],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

function lookAt(pid: number, sample: Sample): Figures {
  const { done, heap, slowestMs, medianMs, root, runRoot } = sample;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const residentKib = Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]);
  const table = readFileSync("/proc/self/mountinfo", "utf8");
  return {
    operations: done,
    heap: Math.round(heap / MIB),
    resident: Math.round(residentKib / 1024),
    files: readdirSync(`/proc/${pid}/fd`).length,
    mounts: table.split("\n").filter((line) => line.includes(root)).length,
    names: countNames(root) + countNames(runRoot),
    unfair: Math.round(slowestMs / medianMs * 10) / 10,
  };
}

/** Two levels down: deeper, there is only what was in the image. */
function countNames(path: string): number {
  const names = readdirSync(path, { withFileTypes: true });
  const inside = names.filter((entry) => entry.isDirectory())
    .map(({ name }) => readdirSync(join(path, name)).length);
  return inside.reduce((sum, count) => sum + count, names.length);
}
