/**
 * An engine that lives long: containers are created, started, stopped and deleted, 16
 * at a time, until so many operations are done or the time is up. Prints a line of
 * JSON for each twentieth of either, and waits for a byte before it goes on.
 *
 * Arguments: how many operations, and for how many milliseconds at most.
 */

import { openBenchStore, STEPS } from "../../bench/bench_store.ts";
import { print } from "../print.ts";

/** What the engine reports of itself. */
export interface Sample {
  /** Operations so far. */
  readonly done: number;
  /** Bytes of JavaScript's heap that are in use. */
  readonly heap: number;
  /** The longest cycle since the last sample, and the median, in ms. */
  readonly slowestMs: number;
  readonly medianMs: number;
  readonly root: string;
  readonly runRoot: string;
}

const AT_ONCE = 16;
/** Also of a run that ends by its time: a series of one length, however long. */
const SAMPLES = 20;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const [operations = 0, lengthMs = 0] = Deno.args.map(Number);
  await using store = await openBenchStore("/var/tmp");
  const begunMs = performance.now();
  let done = 0;
  for (let sample = 0; sample <= SAMPLES; sample++) {
    const times: number[] = [];
    const share = sample / SAMPLES;
    const most = Math.max(operations * share, AT_ONCE * STEPS.length);
    const untilMs = sample === 0 ? Infinity : lengthMs * share;
    let begun = done;
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, worker) => {
      while (begun < most && performance.now() - begunMs < untilMs) {
        begun += STEPS.length;
        const startMs = performance.now();
        await store.live(`worker-${worker}`);
        times.push(performance.now() - startMs);
        done += STEPS.length;
      }
    }));
    if (times.length === 0) continue; // the one before it took its time, too
    tell(done, times.toSorted((a, b) => a - b));
    await Deno.stdin.read(new Uint8Array(1));
  }

  function tell(done: number, times: readonly number[]): void {
    collectGarbage();
    const sample: Sample = {
      done,
      heap: Deno.memoryUsage().heapUsed,
      slowestMs: times.at(-1) ?? 0,
      medianMs: times[Math.floor(times.length / 2)] ?? 0,
      root: store.root,
      runRoot: store.runRoot,
    };
    print(JSON.stringify(sample));
  }
}

/** Needs V8's `--expose-gc`. */
function collectGarbage(): void {
  const { gc } = globalThis as { readonly gc?: () => void };
  gc?.();
}
