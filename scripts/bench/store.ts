/**
 * Measures a container's life in the library, in one process, beside the four
 * commands of containers-storage on the same store.
 *
 * Options: `--runs N` (20), `--containers N,N…` (0,1000: how many others the
 * store holds, ascending), `--storage PROGRAM` (containers-storage),
 * `--directory DIR` (/var/tmp).
 */

import { parseArgs } from "@std/cli";
import { openBenchStore } from "./bench_store.ts";
import { median } from "./measure.ts";
import { describeMachine, print } from "./surroundings.ts";

const {
  runs = "20",
  containers = "0,1000",
  storage = "containers-storage",
  directory = "/var/tmp",
} = parseArgs(Deno.args, {
  string: ["runs", "containers", "storage", "directory"],
});
const STEPS = ["create", "start", "stop", "delete"] as const;

await main();

async function main(): Promise<void> {
  await using store = await openBenchStore(directory);
  const { runtime, pod, podId, image } = store;
  print(await describeMachine());
  print(`medians of ${runs} runs, ms`);
  print("others  create  start   stop  delete    all  peer  orlop/peer");
  let filled = 0;
  for (const wanted of containers.split(",").map(Number)) {
    await store.fill(wanted - filled);
    filled = wanted;
    const times = STEPS.map(() => [] as number[]);
    const [own, peer]: [number[], number[]] = [[], []];
    for (let run = 0; run <= Number(runs); run++) {
      const life = await measureLife();
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

  async function measureLife(): Promise<readonly number[]> {
    const marks = [performance.now()];
    const { id } = await runtime.createContainer({
      podName: pod,
      podId,
      imageName: image,
      containerName: "bench",
      settings: { args: ["true"] },
    });
    marks.push(performance.now());
    await runtime.startContainer(id);
    marks.push(performance.now());
    await runtime.stopContainer(id);
    marks.push(performance.now());
    await runtime.deleteContainer(id);
    marks.push(performance.now());
    return STEPS.map((_, step) => (marks[step + 1] ?? 0) - (marks[step] ?? 0));
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
