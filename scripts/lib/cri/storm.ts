/** Many pods at once, while the daemon is killed again and again. */

import { Semaphore } from "../../../src/engine/semaphore.ts";
import { sleep } from "../../../src/errors/abort.ts";
import { messageOf } from "../../../src/errors/why.ts";
import { toText } from "../../../src/formats/bytes.ts";
import { killProcess } from "../../../tests/support/kill_process.ts";
import { seededRandom } from "../../../tests/support/seeded.ts";
import { print } from "../print.ts";
import { crictl, listObjects, type Place } from "./crictl.ts";
import { findLeftovers, listTraces } from "./leftovers.ts";
import { podConfigs } from "./pod_configs.ts";
import { BUSYBOX } from "./stand_in_images.ts";
import { createTally, type Tally } from "./tally.ts";
import { within } from "./within.ts";

/** How much of it. */
export interface StormOptions {
  readonly pods: number;
  /** How many are worked on at once. */
  readonly workers: number;
}

interface Storm extends Place {
  readonly tally: Tally;
  readonly random: () => number;
  readonly counts: { kills: number; retries: number };
}

// Between two kills of the daemon.
const KILL_INTERVAL_MS = { least: 1500, most: 6000 };
const RETRY_SECONDS = 120;
const SETTLE_SECONDS = 60;
/** The error of a call whose daemon was killed. */
const CUT_OFF =
  /connection refused|EOF|Unavailable|no such file|reset by peer|closing|closed/;

/** Creates, kills and removes pods; in the end nothing of them may be left. */
export async function runStorm(
  place: Place,
  { pods, workers }: StormOptions,
): Promise<Tally> {
  const tally = createTally();
  const storm = {
    ...{ ...place, tally, random: seededRandom("storm", { unless: "random" }) },
    counts: { kills: 0, retries: 0 },
  };
  await crictl(place, "pull", BUSYBOX);
  // The first pods make what is there for all of them.
  await runPod(storm, pods);
  await runPod(storm, pods + 1);
  const before = await listTraces(place);
  const over = new AbortController();
  const killer = killAgain(storm, over.signal);
  const semaphore = new Semaphore(workers);
  await Promise.all(Array.from({ length: pods }, async (_, n) => {
    using _turn = await semaphore.take();
    await tryPod(storm, n);
  }));
  over.abort();
  await killer;
  print(
    `${storm.counts.kills} kills of the daemon, ` +
      `${storm.counts.retries} calls that were made again`,
  );
  await judge(storm, before);
  return tally;
}

async function killAgain(storm: Storm, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(
      KILL_INTERVAL_MS.least +
        storm.random() * (KILL_INTERVAL_MS.most - KILL_INTERVAL_MS.least),
    );
    await storm.runtime.restart("SIGKILL");
    storm.counts.kills++;
  }
}

async function tryPod(storm: Storm, n: number): Promise<void> {
  try {
    await runPod(storm, n);
    storm.tally.note(`pod ${n}`, "passed");
  } catch (error) {
    storm.tally.note(`pod ${n}`, "failed", messageOf(error));
  }
}

async function runPod(storm: Storm, n: number): Promise<void> {
  const call = (...args: string[]) => retryCall(storm, args);
  const { pod, container } = await podConfigs(storm.node, {
    name: `storm-${n}`,
    image: BUSYBOX,
    ...(n % 3 === 0 ? { hostPort: 20_000 + n } : {}),
    processes: n % 2 === 0 ? "own" : "shared",
  });
  const podId = await call("runp", pod);
  const id = await call("create", podId, container, pod);
  await call("start", id);
  const way = storm.random();
  if (way < 0.4) await killContainer(storm, id);
  else if (way < 0.7) await call("exec", "--sync", id, "true");
  // Some are removed as they run, some by their pod alone.
  if (storm.random() < 0.5) await call("stop", "--timeout", "0", id);
  if (storm.random() < 0.5) await call("rm", "--force", id);
  await call("stopp", podId);
  await call("rmp", podId);
}

async function killContainer(storm: Storm, id: string): Promise<void> {
  const { info } = JSON.parse(await retryCall(storm, ["inspect", id]));
  try {
    killProcess(Number(info.pid), "SIGKILL");
  } catch {
    // It is gone, perhaps with the call that was cut off.
  }
}

/** Repeats a call that a kill has cut off, as the kubelet would. */
async function retryCall(
  storm: Storm,
  args: readonly string[],
): Promise<string> {
  const deadlineMs = performance.now() + 1000 * RETRY_SECONDS;
  for (;;) {
    try {
      return (await crictl(storm, ...args)).trim();
    } catch (error) {
      const why = messageOf(error);
      if (!CUT_OFF.test(why) && isDone(args, why)) return "";
      if (!CUT_OFF.test(why) || performance.now() > deadlineMs) throw error;
      storm.counts.retries++;
      await sleep(200);
    }
  }
}

/** Whether a call failed because it was carried out before the kill. */
function isDone([command = ""]: readonly string[], why: string): boolean {
  switch (command) {
    case "start":
      return /running|exited|started before/i.test(why);
    case "exec":
      return true; // the container may have been killed
    case "rm":
    case "rmp":
    case "stop":
    case "stopp":
      return /not ?found|no such/i.test(why);
    default:
      return false;
  }
}

async function judge(
  storm: Storm,
  before: ReadonlySet<string>,
): Promise<void> {
  const { tally } = storm;
  for (const { id } of await listObjects(storm, "pods")) {
    tally.note(`pod ${id} is gone`, "failed", "it is still listed");
    await crictl(storm, "rmp", "--force", String(id)).catch(() => {});
  }
  try {
    await within(SETTLE_SECONDS, async () => {
      const found = await findLeftovers(storm, before);
      if (found.length > 0) throw new Error(found.join("\n"));
    });
    tally.note("nothing is left behind", "passed");
  } catch (error) {
    tally.note("nothing is left behind", "failed", messageOf(error));
  }
  await checkStore(storm);
}

/** Whether orlop itself finds nothing wrong in its store. */
async function checkStore({ tally, runtime }: Storm): Promise<void> {
  const [program, ...args] = runtime.command;
  if (program === undefined) return;
  const { code, stdout } = await new Deno.Command(program, {
    args: [...args, "check", "--full"],
  }).output();
  tally.note(
    "orlop check --full",
    code === 0 ? "passed" : "failed",
    code === 0 ? "" : toText(stdout),
  );
}
