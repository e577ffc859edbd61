/** `orlop run` is killed, or its runtime: whatever is left can be put away. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync, readdirSync } from "node:fs";
import { sleep } from "../../../src/errors/abort.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  findKillPoints,
  type KillPoint,
  signalAt,
  signalOnlyAt,
  type Subject,
} from "../../support/programs/kill_points.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import { sampled, seededRandom } from "../../support/seeded.ts";
import { until } from "../../support/until.ts";

const NEEDED = needs(
  ...["root", "busybox", "mount", "findmnt", "runc", "conmon", "strace"],
);

// Of each kind of run. All take an hour: those of other seeds are others.
const TRIALS = Number(Deno.env.get("ORLOP_KILL_POINTS") ?? 4);
const random = seededRandom("killed_run_test");

/** How what is left is put away. */
const WAYS: readonly (readonly string[])[] = [
  ["rm --force --time 0 --ignore app", "pod rm --force --ignore app-pod"],
  ["stop --time 0 --ignore app", "rm --ignore app", "pod rm -i app-pod"],
  ["pod rm --force --time 0 --ignore app-pod"],
  ["kill --all", "gc --containers=stopped --leftover-age=0s"],
];
const [FORCE = []] = WAYS;

for (const flags of [[], ["--rm"], ["--detach"], ["--detach", "--rm"]]) {
  const name = ["run", ...flags].join(" ");
  Deno.test(`orlop ${name} may be killed at any time`, NEEDED, async (t) => {
    await using store = sharedStore();
    await writeBusyboxLayout(store.join("tiny"));
    await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
    const subject = run(store, flags);
    const points = await findKillPoints(subject, { below: store.join("r") });
    assert(points.length > 10);
    await putAway(store, FORCE);
    const trials = WAYS.flatMap((way) =>
      points.map((point) => ({ way, point }))
    );
    for (const { way, point } of sampled(trials, TRIALS, random)) {
      await t.step(`${point.call} ${point.nth}: ${way[0]}`, async () => {
        try {
          await kill(point, { subject, flags });
          await checkLeft(store);
          await putAway(store, way);
        } catch (error) {
          for (const command of FORCE) {
            await store.tryOrlop(...command.split(" "));
          }
          throw error;
        }
      });
    }
  });
}

Deno.test(
  "a run that was stopped holds up a removal for a moment",
  NEEDED,
  async () => {
    await using store = sharedStore();
    await writeBusyboxLayout(store.join("tiny"));
    await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
    const { argv: [program = ""], env } = run(store, []);
    const child = new Deno.Command(program, {
      args: ["run", "--name", "app", "tiny", "sleep", "60"],
      env: { ...env },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const isRunning = ["ps", "-q", "--filter", "status=running"];
    // Not before: it would hold the store's locks, and everybody up.
    while ((await store.orlop(...isRunning)) === "") await sleep(50);
    child.kill("SIGSTOP");
    try {
      const begun = performance.now();
      const { code, err } = await store.tryOrlop(
        ..."rm --force --time 0 app".split(" "),
      );
      assertEquals(code, 4, err);
      assertStringIncludes(err, "the orlop that runs it does not clean it up");
      assert(performance.now() - begun < 15_000);
    } finally {
      child.kill("SIGCONT");
      await child.status;
    }
    await putAway(store, ["rm --force app", "pod rm -i app-pod"]);
  },
);

/** Also its runtime, which it may survive. */
async function kill(
  point: KillPoint,
  { subject, flags }: {
    readonly subject: Subject;
    readonly flags: readonly string[];
  },
): Promise<void> {
  const isDetached = flags.includes("--detach");
  await (isDetached ? signalOnlyAt : signalAt)(point, subject, "SIGKILL");
}

async function checkLeft(store: SharedStore): Promise<void> {
  assertEquals((await store.tryOrlop("images")).code, 0);
  const { code, out, err } = await store.tryOrlop("ps");
  assertEquals([code, err.includes("Cannot")], [0, false], out + err);
  assertEquals(store.check("allowed"), []);
}

async function putAway(
  store: SharedStore,
  way: readonly string[],
): Promise<void> {
  for (const command of way) {
    // Of what runs nothing is removed, and a signal works when it works.
    if (command.startsWith("gc")) await until(() => isQuiet(store));
    await store.orlop(...command.split(" "));
  }
  assertEquals(await store.orlop("ps", "-q"), "");
  assertEquals(store.mounts(), []);
  assertEquals(store.check("allowed"), []);
  const states = `${store.runRoot}/orlop/runtimes/runc`;
  assertEquals(existsSync(states) ? readdirSync(states) : [], []);
}

async function isQuiet(store: SharedStore): Promise<boolean> {
  const filters = ["status=running", "status=starting"];
  const flags = filters.flatMap((filter) => ["--filter", filter]);
  return await store.orlop("ps", "-q", ...flags) === "";
}

function run(store: SharedStore, flags: readonly string[]): Subject {
  return {
    argv: [ORLOP, "run", "--name", "app", ...flags, "tiny", "true"],
    env: {
      ORLOP_DENO: Deno.execPath(),
      ORLOP_ROOT: store.root,
      ORLOP_RUNROOT: store.runRoot,
      NO_COLOR: "1",
    },
  };
}
