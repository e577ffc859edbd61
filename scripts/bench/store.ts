/**
 * Measures a container's life in the library, in one process, beside the four
 * commands of containers-storage on the same store; then many such lives at once,
 * as a server has them.
 *
 * Options: `--runs N` (20), `--containers N,N…` (0,1000: how many others the
 * store holds, ascending), `--at-once N,N…` (1,16), `--lives N` (200: of these),
 * `--storage PROGRAM` (containers-storage), `--directory DIR` (/var/tmp).
 */

import { parseArgs } from "@std/cli";
import { cpuUsage } from "node:process";
import { type BenchStore, openBenchStore, STEPS } from "./bench_store.ts";
import { median } from "./measure.ts";
import { print } from "../lib/print.ts";
import { describeMachine } from "./machine.ts";

const {
  runs = "20",
  containers = "0,1000",
  "at-once": atOnce = "1,16",
  lives = "200",
  storage = "containers-storage",
  directory = "/var/tmp",
} = parseArgs(Deno.args, {
  string: ["runs", "containers", "at-once", "lives", "storage", "directory"],
});

await main();

async function main(): Promise<void> {
  await using store = await openBenchStore(directory);
  print(await describeMachine());
  await compare(store);
  print("at once  lives/s  CPU ms a life  median ms  slowest ms");
  for (const count of atOnce.split(",").map(Number)) {
    await measureAtOnce(store, count);
  }
}

/** Beside the peer, one after the other. */
async function compare(store: BenchStore): Promise<void> {
  print(`medians of ${runs} runs, ms`);
  print("others  create  start   stop  delete    all  peer  orlop/peer");
  let filled = 0;
  for (const wanted of containers.split(",").map(Number)) {
    await store.fill(wanted - filled);
    filled = wanted;
    const times = STEPS.map(() => [] as number[]);
    const [own, peer]: [number[], number[]] = [[], []];
    for (let run = 0; run <= Number(runs); run++) {
      const life = await measureLife(store, "bench");
      const other = await measurePeer();
      if (run === 0) continue; // caches are cold
      life.forEach((ms, step) => times[step]?.push(ms));
      own.push(life.reduce((sum, ms) => sum + ms, 0));
      peer.push(other);
    }
    const ratio = median(own.map((ms, run) => ms / (peer[run] ?? ms)));
    print([
      String(wanted).padStart(6),
      ...times.map((all, step) =>
        median(all).toFixed(1).padStart((STEPS[step] ?? "").length)
      ).map((text) => text.padStart(5)),
      median(own).toFixed(1).padStart(6),
      median(peer).toFixed(0).padStart(4),
      ratio.toFixed(2).padStart(10),
    ].join("  "));
  }

  async function measurePeer(): Promise<number> {
    const begun = performance.now();
    for (
      const words of [
        ["create-container", "--name", "peer", store.imageId],
        ["mount", "peer"],
        ["unmount", "peer"],
        ["delete-container", "peer"],
      ]
    ) {
      const { success, stderr } = await new Deno.Command(storage, {
        args: [
          ...["--graph", store.root, "--run", store.runRoot],
          ...["--storage-driver", "overlay", ...words],
        ],
      }).output();
      if (success) continue;
      throw new Error(
        `Cannot measure "${storage} ${words.join(" ")}": ` +
          new TextDecoder().decode(stderr),
      );
    }
    return performance.now() - begun;
  }
}

/** How long each step takes, in milliseconds. */
async function measureLife(
  store: BenchStore,
  containerName: string,
): Promise<readonly number[]> {
  const marks = [performance.now()];
  await store.live(containerName, () => marks.push(performance.now()));
  return STEPS.map((_, step) => (marks[step + 1] ?? 0) - (marks[step] ?? 0));
}

/** As many as that go on at any time, in this process. */
async function measureAtOnce(store: BenchStore, count: number): Promise<void> {
  const total = Number(lives);
  const times: number[] = [];
  let left = total;
  const begun = performance.now();
  const cpu = cpuUsage();
  await Promise.all(Array.from({ length: count }, async (_, worker) => {
    while (left-- > 0) {
      const steps = await measureLife(store, `worker-${worker}`);
      times.push(steps.reduce((sum, ms) => sum + ms, 0));
    }
  }));
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = cpuUsage(cpu);
  print([
    String(count).padStart(7),
    (total / seconds).toFixed(1).padStart(7),
    ((user + system) / 1000 / total).toFixed(1).padStart(13),
    median(times).toFixed(0).padStart(9),
    Math.max(...times).toFixed(0).padStart(10),
  ].join("  "));
}
