/** orlop is killed in the middle of its work; the next command goes on. */

import { assert, assertEquals } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  findKillPoints,
  killAt,
  signalAt,
  type Subject,
} from "../../support/programs/kill_points.ts";
import {
  programOf,
  type Scenario,
  SCENARIOS,
  writeTestImage,
} from "../../support/programs/killed_scenarios.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import { sampled, seededRandom } from "../../support/seeded.ts";

// All points of all scenarios take minutes: those of other seeds are others.
const POINTS_PER_SCENARIO = Number(Deno.env.get("ORLOP_KILL_POINTS") ?? 3);

const NEEDED = needs("root", "mount", "findmnt", "strace", "tar");
const random = seededRandom("killed_test");

/** A store for the scenarios, with the words of their commands. */
interface ScenarioStore extends SharedStore {
  words(command: string): readonly string[];
}

async function scenarioStore(): Promise<ScenarioStore> {
  const store = sharedStore();
  const layout = store.join("image");
  await writeTestImage(layout);
  await store.orlop("pod", "create", "p");
  const words = (command: string) =>
    command.replace("IMAGE", `oci:${layout}:latest`).split(" ");
  return { ...store, words };
}

Deno.test("a killed process leaves a store that works", {
  ...NEEDED,
}, async (t) => {
  await using store = await scenarioStore();
  const { words } = store;
  const run = (command: string) => store.orlop(...words(command));
  const kills = { tried: 0, done: 0 };
  for (const scenario of SCENARIOS) {
    for (const command of scenario.before) await run(command);
    const subject = programOf(store, words(scenario.command));
    const points = await findKillPoints(subject, { below: store.join("r") });
    for (const command of scenario.undo) await run(command);
    for (const point of sampled(points, POINTS_PER_SCENARIO, random)) {
      await t.step(
        `${scenario.command}: ${point.call} ${point.nth}`,
        async () => {
          kills.tried++;
          if (await killAt(point, subject)) kills.done++;
          const { code, out } = await store.tryOrlop("check");
          assertEquals(code, 0, out); // a kill is no damage
          await run("images"); // finishes what was begun
          assertEquals(store.check("allowed"), []);
          await again(scenario);
          assertEquals(store.check("allowed"), []);
          for (const command of scenario.undo) await run(command);
        },
      );
    }
  }
  // Threads share out their work anew each time, so that a few ends are missed.
  assert(kills.done > kills.tried * 0.6, `${kills.done} of ${kills.tried}`);
  await t.step("a cleanup removes what is left", async () => {
    await run("rmi image");
    await run("gc");
    assertEquals(store.check(), []);
    assertEquals(store.mounts(), []);
  });

  /** Killed late, it was done already. */
  async function again({ command, doneCode }: Scenario): Promise<void> {
    const { code, err } = await store.tryOrlop(...words(command));
    assertEquals(code === doneCode ? 0 : code, 0, err);
  }
});

Deno.test("an interrupted process leaves nothing half-made", {
  ...NEEDED,
}, async (t) => {
  await using store = await scenarioStore();
  for (const { before, command, undo } of SCENARIOS) {
    for (const text of before) await store.orlop(...store.words(text));
    const subject = programOf(store, store.words(command));
    const all = await findKillPoints(subject, { below: store.join("r") });
    // What several threads do, such as to unpack or to sync small files, would
    // send a signal of each, and the second one ends orlop at once.
    const points = all.filter(({ call }) =>
      all.filter((other) => other.call === call && other.nth === 1)
        .length === 1
    );
    for (const text of undo) await store.orlop(...store.words(text));
    for (const point of sampled(points, POINTS_PER_SCENARIO, random)) {
      await t.step(`${command}: ${point.call} ${point.nth}`, async () => {
        const { code } = await signalAt(point, subject, "SIGINT");
        assert([0, 130].includes(code), `${code}`);
        assertEquals(store.check(), []);
        const { out } = await store.tryOrlop(...store.words(command));
        assertEquals(store.check(), [], out);
        for (const text of undo) await store.orlop(...store.words(text));
      });
    }
  }
});

Deno.test("a long pull may be killed at any time, and continues", {
  ...NEEDED,
}, async (t) => {
  await using store = sharedStore();
  const layout = store.join("image");
  await writeLongImage(layout);
  const args = ["pull", `oci:${layout}:latest`];
  const started = performance.now();
  await store.orlop(...args);
  const tookMs = Math.round(performance.now() - started);
  await store.orlop("rmi", "image");
  for (let n = 1; n <= 6; n++) {
    const delayMs = Math.round(tookMs * random());
    await t.step(`killed after ${delayMs} of ${tookMs} ms`, async () => {
      await killAfter(delayMs, programOf(store, args));
      await store.orlop("images");
      assertEquals(store.check("allowed"), []);
      await store.orlop(...args);
      assertEquals(store.check("allowed"), []);
      await store.orlop("rmi", "image");
    });
  }
  await store.orlop("gc");
  assertEquals(store.check(), []);
});

async function killAfter(
  delayMs: number,
  { argv: [program = "", ...args], env }: Subject,
): Promise<void> {
  const child = new Deno.Command(program, {
    args,
    env: { ...env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it was quicker this time
  }
  await child.status;
}

/** Three layers, together 30 MB that do not compress. */
async function writeLongImage(layout: string): Promise<void> {
  const files = Array.from({ length: 40 }, (_, n) => {
    const bytes = new Uint8Array(500_000);
    for (let at = 0; at < bytes.length; at += 50_000) {
      crypto.getRandomValues(bytes.subarray(at, at + 50_000));
    }
    return [`folder${n % 7}/file${n}`, bytes] as const;
  });
  await writeLayout(layout, [
    await layerOf(Object.fromEntries(files)),
    await layerOf(Object.fromEntries(files.slice(20))),
    await layerOf({ ".wh.folder1": "" }),
  ]);
}
