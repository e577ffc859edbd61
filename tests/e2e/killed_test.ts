/** orlop is killed in the middle of its work; the next command goes on. */

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  findKillPoints,
  killAt,
  type KillPoint,
  type Subject,
} from "../support/kill_points.ts";
import { writeLayout } from "../support/layer_layout.ts";
import { needs } from "../support/peers.ts";
import { type SharedStore, sharedStore } from "../support/shared_store.ts";
import { layerOf } from "../support/stacked_layout.ts";

/** A command that is killed. */
interface Deed {
  /** What has to be done before it can be tried. */
  readonly before: readonly string[];
  readonly command: string;
  /** What takes it back, so that it can be tried again. */
  readonly undo: readonly string[];
}

const CREATE = "container create --pod p --name once image";

const DEEDS: readonly Deed[] = [
  { before: [], command: "pull IMAGE", undo: ["rmi image"] },
  { before: ["pull IMAGE"], command: CREATE, undo: ["rm once"] },
  { before: [CREATE], command: "start once", undo: ["stop --force once"] },
  {
    before: ["start once"],
    command: "stop --force once",
    undo: ["start once"],
  },
  {
    before: [],
    command: "rm --force --ignore once",
    undo: [CREATE, "start once"],
  },
  {
    before: ["rm --force once"],
    command: "rmi --ignore image",
    undo: ["pull IMAGE"],
  },
];

// All points of all deeds take minutes. What is left out now is tried another
// time: each run begins elsewhere.
const POINTS_PER_DEED = Number(Deno.env.get("ORLOP_KILL_POINTS") ?? 6);

Deno.test("whoever is killed leaves a store that works", {
  ...needs("root", "busybox", "mount", "findmnt", "strace", "tar"),
}, async (t) => {
  await using store = sharedStore();
  const layout = store.join("image");
  await writeLayout(layout, [
    await layerOf({ "a.txt": "a", "dir/b.txt": "b" }),
    await layerOf({ "c.txt": "c", ".wh.a.txt": "" }),
  ]);
  await store.orlop("pod", "create", "p");
  const run = (command: string) => store.orlop(...words(command));
  const words = (command: string) =>
    command.replace("IMAGE", `oci:${layout}:latest`).split(" ");
  for (const deed of DEEDS) {
    for (const command of deed.before) await run(command);
    const subject = programOf(store, words(deed.command));
    const points = await findKillPoints(subject, { below: store.join("r") });
    for (const command of deed.undo) await run(command);
    for (const point of choose(points)) {
      await t.step(`${deed.command}: ${point.call} ${point.nth}`, async () => {
        await killAt(point, subject);
        await run("images"); // finishes what was begun
        assertEquals(store.check("allowed"), []);
        await again(deed);
        assertEquals(store.check("allowed"), []);
        for (const command of deed.undo) await run(command);
      });
    }
  }
  await t.step("a cleanup removes what is left", async () => {
    await run("rmi image");
    await run("gc");
    assertEquals(store.check(), []);
    assertEquals(store.mounts(), []);
  });

  /** Killed late, it was done already. */
  async function again({ command }: Deed): Promise<void> {
    const { code, err } = await store.tryOrlop(...words(command));
    const isDone = command === CREATE && code === 4;
    assertEquals(isDone ? 0 : code, 0, err);
  }
});

function programOf(store: SharedStore, args: readonly string[]): Subject {
  const launcher = new URL("../../scripts/orlop", import.meta.url);
  return {
    argv: [fromFileUrl(launcher), ...args],
    env: {
      ORLOP_DENO: Deno.execPath(),
      ORLOP_ROOT: store.root,
      ORLOP_RUNROOT: store.runRoot,
      NO_COLOR: "1",
    },
  };
}

function choose(points: readonly KillPoint[]): readonly KillPoint[] {
  const step = Math.max(1, points.length / POINTS_PER_DEED);
  const offset = Math.random() * step;
  return points.filter((_, index) =>
    Math.floor((index + offset) / step) !==
      Math.floor((index + offset - 1) / step)
  );
}
