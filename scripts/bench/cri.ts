/**
 * Measures `orlop serve` side by side with containerd's CRI plugin, through the same
 * crictl and critest, on one node; the two take turns. Called by scripts/bench/cri.
 *
 * Options: `--runs N` (10); `--pods N` (100: how many run when lists and memory are
 * measured); `--many N` (0: how many pods orlop makes and removes one after the other
 * to see whether its memory stays flat); `--orlop PROGRAM` (scripts/orlop). The
 * launcher adds `--directory`, `--programs` and `--busybox`.
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl } from "@std/path";
import { Semaphore } from "../../src/engine/semaphore.ts";
import { readCritestTimes } from "../lib/cri/critest_times.ts";
import { crictl, listObjects, type Place } from "../lib/cri/crictl.ts";
import { LARGE_IMAGE, pushLargeImage } from "../lib/cri/large_image.ts";
import { measureMemory } from "../lib/cri/memory.ts";
import { prepareNode } from "../lib/cri/node.ts";
import { podConfigs } from "../lib/cri/pod_configs.ts";
import { startContainerd, startOrlop } from "../lib/cri/runtime.ts";
import { BUSYBOX } from "../lib/cri/stand_in_images.ts";
import { print } from "../lib/print.ts";
import { median } from "./measure.ts";
import { describeMachine } from "./machine.ts";

/** Milliseconds of each turn, by what was done. */
type Times = Map<string, number[]>;

const {
  runs = "10",
  pods = "100",
  many = "0",
  orlop = fromFileUrl(new URL("../orlop", import.meta.url)),
  directory = "",
  programs = "",
  busybox = "",
} = parseArgs(Deno.args, {
  string: [
    ...["runs", "pods", "many", "orlop", "directory", "programs", "busybox"],
  ],
});

const pulls = Math.ceil(Number(runs) / 3);

await main();

async function main(): Promise<void> {
  await using node = await prepareNode(directory, { programs, busybox });
  await pushLargeImage(node);
  print(await describeMachine());
  await using own = await startOrlop(node, orlop);
  await using peer = await startContainerd(node);
  const places = [{ node, runtime: own }, { node, runtime: peer }];
  for (const { runtime } of places) {
    print(`${runtime.name}, idle: ${await tellMemory(runtime)}`);
  }
  print(
    "what                        orlop ms  containerd ms  orlop/containerd",
  );
  await compare(places, takeTurns);
  await compare(places, async (times) => {
    for (const [place, found] of times) await addCritest(place, found);
  });
  await compare(places, async (times) => {
    for (const [place, found] of times) await haveMany(place, found);
  });
  await stayFlat({ node, runtime: own });
}

/** Measures, and prints each result as soon as it is known. */
async function compare(
  places: readonly Place[],
  measure: (times: ReadonlyMap<Place, Times>) => Promise<void>,
): Promise<void> {
  const times = new Map(
    places.map((place) => [place, new Map<string, number[]>()]),
  );
  await measure(times);
  printTimes([...times.values()]);
}

async function tellMemory(runtime: Place["runtime"]): Promise<string> {
  const { daemon, all, monitors } = await measureMemory(runtime);
  return `daemon ${daemon.toFixed(0)} MiB, with ${monitors} monitors ` +
    `${all.toFixed(0)} MiB`;
}

/** The life of a pod by crictl; one more comes first and does not count. */
async function takeTurns(
  times: ReadonlyMap<Place, Times>,
): Promise<void> {
  for (const [place] of times) await crictl(place, "pull", BUSYBOX);
  for (let turn = 0; turn <= Number(runs); turn++) {
    for (const [place, found] of times) {
      const noted = turn === 0 ? new Map() : found;
      await liveOnce(place, noted);
      if (turn <= pulls) await pullOnce(place, noted);
    }
  }
}

async function liveOnce(place: Place, times: Times): Promise<void> {
  const name = `turn-${performance.now()}`;
  const { pod, container } = await podConfigs(place.node, {
    ...{ name, image: BUSYBOX },
  });
  const call = (...args: string[]) => timed(place, times, args);
  await call("version");
  const podId = await call("runp", pod);
  const id = await call("create", podId, container, pod);
  await call("start", id);
  await call("exec", "--sync", id, "true");
  await call("exec", id, "true");
  await call("stop", id);
  await call("rm", id);
  await call("stopp", podId);
  await call("rmp", podId);
}

/** Pulls take longer than all the rest: there are fewer of them. */
async function pullOnce(place: Place, times: Times): Promise<void> {
  await settleDisk();
  await timed(place, times, ["pull", LARGE_IMAGE]);
  await crictl(place, "rmi", LARGE_IMAGE);
}

/** Dirty pages of one runtime must not slow down the other. */
async function settleDisk(): Promise<void> {
  await new Deno.Command("sync").output();
}

async function timed(
  place: Place,
  times: Times,
  args: readonly string[],
): Promise<string> {
  const startMs = performance.now();
  const text = await crictl(place, ...args);
  const what = args[1]?.startsWith("--") ? args.slice(0, 2) : args.slice(0, 1);
  note(times, `crictl ${what.join(" ")}`, performance.now() - startMs);
  return text.trim();
}

function note(times: Times, what: string, ms: number): void {
  const all = times.get(what) ?? [];
  all.push(ms);
  times.set(what, all);
}

/** What critest measures inside of one process. */
async function addCritest(place: Place, times: Times): Promise<void> {
  await settleDisk();
  const found = await readCritestTimes(place, {
    ...{ runs: Number(runs), pulls, image: LARGE_IMAGE },
  });
  for (const [what, all] of found) times.set(`critest ${what}`, [...all]);
}

/** Starts many pods, lists them, and removes them. */
async function haveMany(place: Place, times: Times): Promise<void> {
  const { runtime } = place;
  const all = Array.from({ length: Number(pods) }, (_, index) => index);
  await fourAtOnce(times, `start ${pods} pods`, all, async (n) => {
    const { pod, container } = await podConfigs(place.node, {
      ...{ name: `pod-${n}`, image: BUSYBOX },
    });
    await crictl(place, "run", container, pod);
  });
  print(`${runtime.name}, ${pods} pods: ${await tellMemory(runtime)}`);
  await list(place, times);
  const found = await listObjects(place, "pods");
  await fourAtOnce(times, `remove ${pods} pods`, found, async ({ id }) => {
    await crictl(place, "rmp", "--force", String(id));
  });
}

async function fourAtOnce<Item>(
  times: Times,
  what: string,
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const startMs = performance.now();
  const semaphore = new Semaphore(4);
  await Promise.all(items.map(async (item) => {
    using _turn = await semaphore.take();
    await act(item);
  }));
  note(times, `${what}, 4 at once`, performance.now() - startMs);
}

async function list(place: Place, times: Times): Promise<void> {
  for (let turn = 0; turn < Number(runs); turn++) {
    for (const what of ["pods", "ps", "images"]) {
      await timed(place, times, [what]);
    }
  }
}

function printTimes([own = new Map(), peer = new Map()]: Times[]): void {
  for (const [what, all] of own) {
    const others = peer.get(what) ?? [];
    const ratio = median(all) / median(others);
    print(
      [
        what.padEnd(26),
        median(all).toFixed(1).padStart(8),
        median(others).toFixed(1).padStart(13),
        ratio.toFixed(2).padStart(16),
      ].join("  "),
    );
  }
}

async function stayFlat(place: Place): Promise<void> {
  const total = Number(many);
  for (let n = 0; n <= total && total > 0; n++) {
    if (n % 100 === 0) print(`after ${n}: ${await tellMemory(place.runtime)}`);
    const { pod, container } = await podConfigs(place.node, {
      ...{ name: `many-${n}`, image: BUSYBOX },
    });
    await crictl(place, "run", container, pod);
    await crictl(place, "rmp", "--all", "--force");
  }
}
