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
/** What may be more at the end than after the first tenth. */
const MAX_GROWTH: Partial<Figures> = {
  heap: 8,
  resident: 48,
  files: 0,
  mounts: 0,
  names: 0,
};
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
  const [first, last] = [samples[1], samples.at(-1)];
  const seconds = (performance.now() - begunMs) / 1000;
  if (!success || first === undefined || last === undefined) {
    return table.note("life", "broken", "the engine failed");
  }
  print(
    `life: ${last.operations} of ${operations} operations in ` +
      `${seconds.toFixed(0)} s, ${
        (last.operations / seconds).toFixed(0)
      } a second`,
  );
  for (const [name, most] of Object.entries(MAX_GROWTH)) {
    const key = name as keyof Figures;
    const growth = last[key] - first[key];
    const isFlat = growth <= most;
    table.note(`life: ${name}`, isFlat ? "whole" : "broken", `+${growth}`);
  }
  const unfair = Math.max(...samples.slice(1).map(({ unfair }) => unfair));
  table.note(
    "life: fair",
    unfair <= MAX_UNFAIR ? "whole" : "broken",
    `one took ${unfair} times the median`,
  );
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
