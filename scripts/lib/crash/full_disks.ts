/** Runs commands on file systems with little free space. */

import { messageOf } from "../../../src/errors/why.ts";
import {
  type Scenario,
  type ScenarioPlace,
  scenarioPlace,
  stepsTo,
} from "../../../tests/support/programs/killed_scenarios.ts";
import {
  type LoopDisk,
  loopDisk,
} from "../../../tests/support/programs/loop_disk.ts";
import { sharedStore } from "../../../tests/support/programs/shared_store.ts";
import { inDirectory, tempDir } from "../../../tests/support/temp_dir.ts";
import { shuffled } from "../../../tests/support/seeded.ts";
import { print } from "../print.ts";
import { verifyStore } from "./verify_store.ts";
import { goOn, scenariosOf } from "./kills.ts";
import type { CrashOptions } from "./options.ts";
import type { CrashTable } from "./table.ts";

/** The resource that is short, and how much of it is left. */
interface Shortage {
  readonly name: string;
  readonly mkfs: readonly [string, ...string[]];
  readonly megabytes: number;
  /** How much is left at first, then, …: until a command succeeds twice. */
  readonly steps: readonly number[];
  readonly leave: (disk: LoopDisk, amount: number) => void;
}

const EXT4 = ["mkfs.ext4", "-q", "-F", "-b", "4096"] as const;
const KIBI = 1024;
const STEPS_KIB = [
  ...[0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768],
  ...[1024, 1536, 2048, 4096],
];

const SHORTAGES: readonly Shortage[] = [
  {
    name: "ext4, KiB",
    mkfs: EXT4,
    megabytes: 64,
    steps: STEPS_KIB,
    leave: (disk, kib) => disk.fillBlocks(kib * KIBI),
  },
  {
    name: "ext4, inodes",
    mkfs: [...EXT4, "-N", "2048"],
    megabytes: 64,
    steps: Array.from({ length: 60 }, (_, count) => count),
    leave: (disk, count) => disk.fillInodes(count),
  },
  {
    name: "xfs, KiB",
    mkfs: ["mkfs.xfs", "-q", "-f"],
    megabytes: 320,
    steps: STEPS_KIB,
    leave: (disk, kib) => disk.fillBlocks(kib * KIBI),
  },
];

/** Tries all commands on all of them. */
export async function fillDisks(
  table: CrashTable,
  options: CrashOptions,
): Promise<void> {
  const all = SHORTAGES.flatMap((shortage) =>
    scenariosOf(options).map((scenario) => [shortage, scenario] as const)
  );
  for (
    const [index, [shortage, scenario]] of shuffled(all, options.random)
      .entries()
  ) {
    const nowMs = performance.now();
    const shareMs = (options.deadlineMs - nowMs) / (all.length - index);
    const kind = `full ${shortage.name}: ${scenario.command}`;
    if (index > 0 && shareMs <= 0) {
      print(`not tried for want of time: ${kind}`);
      continue;
    }
    try {
      await fillDisk(
        table,
        { ...{ shortage, scenario, kind }, ...options },
        nowMs + shareMs,
      );
    } catch (error) {
      table.note(kind, "broken", messageOf(error));
    }
  }
}

async function fillDisk(
  table: CrashTable,
  { shortage, scenario, kind, points = Infinity }: CrashOptions & {
    readonly shortage: Shortage;
    readonly scenario: Scenario;
    readonly kind: string;
  },
  deadlineMs: number,
): Promise<void> {
  const { steps, leave } = shortage;
  await using disk = await loopDisk(shortage);
  await using store = sharedStore(inDirectory(disk.path));
  using images = tempDir();
  const place = await scenarioPlace(store, images.path);
  await place.runAll(stepsTo(scenario));
  let [tried, done] = [0, 0];
  for (const amount of steps) {
    const isOver = tried >= points || performance.now() > deadlineMs;
    if (done === 2 || (tried > 0 && isOver)) break;
    tried++;
    leave(disk, amount);
    const result = await tryFull(place, {
      scenario,
      empty: () => disk.empty(),
    });
    table.note(kind, result.kind, `${amount} left: ${result.why}`);
    if (result.kind === "broken") return;
    if (result.kind === "whole") done++;
  }
  print(`${kind}: ${tried} sizes`);
}

async function tryFull(
  place: ScenarioPlace,
  { scenario, empty }: {
    readonly scenario: Scenario;
    readonly empty: () => void;
  },
): Promise<
  { readonly kind: "whole" | "told" | "broken"; readonly why: string }
> {
  const broken = (why: string) => ({ kind: "broken", why } as const);
  scenario.damage?.(place);
  const { code, err } = await place.tryOrlop(...place.split(scenario.command));
  if (/TypeError|ReferenceError|panicked|Uncaught| at file:/.test(err)) {
    return broken(err);
  }
  if (code !== 0 && !/space|full|room|quota/i.test(err)) {
    return broken(`${code}: ${err}`);
  }
  empty();
  if (scenario.damage === undefined) {
    await place.orlop("images"); // finishes what was begun
    const found = await verifyStore(place, { depth: "full" });
    if (found.length > 0) return broken(found.join("; "));
  }
  const why = await goOn({ place, scenario });
  if (why !== undefined) return broken(why);
  return { kind: code === 0 ? "whole" : "told", why: "" };
}
