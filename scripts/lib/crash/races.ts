/** Lets many processes of orlop, podman and others work on one store at once. */

import { messageOf } from "../../../src/errors/why.ts";
import { existsSync } from "node:fs";
import { writeLayout } from "../../../tests/support/images/layer_layout.ts";
import { layerOf } from "../../../tests/support/images/stacked_layout.ts";
import {
  NEWEST_STORAGE,
  type SharedStore,
  sharedStore,
} from "../../../tests/support/programs/shared_store.ts";
import type { CrashOptions } from "./options.ts";
import { verifyStore } from "./verify_store.ts";
import type { CrashTable } from "./table.ts";
import { print } from "../print.ts";

/**
 * One round of a worker: its commands must succeed unless another worker
 * interfered.
 */
type Turn = (store: SharedStore, who: string) => Promise<void>;

const WORKERS = 16;
const IMAGES = 3;
const ROUND_MS = 60_000;
// Exit codes: another process removed the object, uses it, or holds a lock.
const RACED = /: code (3|4|75): /;
// Other tools have no codes, but say so.
const RACED_ELSEWHERE =
  /not known|no such|does not exist|in use|already|unknown|not found|locating/i;

/** Races for rounds of a minute each until time is up. */
export async function raceAll(
  table: CrashTable,
  options: CrashOptions,
): Promise<void> {
  while (performance.now() < options.deadlineMs) {
    await raceOnce(table, options);
  }
}

async function raceOnce(
  table: CrashTable,
  { deadlineMs, random }: CrashOptions,
): Promise<void> {
  await using store = sharedStore();
  const base = await layerOf({ "base.txt": "base" });
  for (let n = 0; n < IMAGES; n++) {
    const own = await layerOf({ [`own${n}.txt`]: `own ${n}` });
    await writeLayout(store.join(`image${n}`), [base, own]);
  }
  await store.orlop("pull", `oci:${store.join("image0")}:latest`);
  await store.orlop("pod", "create", "--name", "pod");
  const endMs = Math.min(deadlineMs, performance.now() + ROUND_MS);
  let turns = 0;
  await Promise.all(Array.from({ length: WORKERS }, async (_, n) => {
    while (performance.now() < endMs) {
      const [name, turn] = TURNS[Math.floor(random() * TURNS.length)] ?? [];
      if (name === undefined || turn === undefined) continue;
      await tryTurn(table, { name, turn, store, who: `w${n}t${turns++}` });
    }
  }));
  const found = [
    ...await verifyStore(store, { depth: "full" }),
    ...store.mounts().filter((target) => target.endsWith("/merged")),
  ];
  const why = found.join("; ");
  table.note(
    "race: the store afterwards",
    why === "" ? "whole" : "broken",
    why,
  );
  print(`race: ${turns} turns of ${WORKERS} workers`);
}

async function tryTurn(
  table: CrashTable,
  { name, turn, store, who }: {
    readonly name: string;
    readonly turn: Turn;
    readonly store: SharedStore;
    readonly who: string;
  },
): Promise<void> {
  try {
    await turn(store, who);
    table.note(`race: ${name}`, "whole");
  } catch (error) {
    const text = messageOf(error);
    const isOrlop = text.startsWith("orlop ");
    const isRaced = (isOrlop ? RACED : RACED_ELSEWHERE).test(text);
    table.note(`race: ${name}`, isRaced ? "told" : "broken", text);
  }
}

const TURNS: readonly (readonly [name: string, turn: Turn])[] = [
  ["orlop pull, rmi", async ({ orlop, join }, who) => {
    const name = `image${1 + Number(who.at(-1)) % 2}`;
    await orlop("pull", `oci:${join(name)}:latest`);
    await orlop("rmi", "--ignore", name);
  }],
  ["orlop create, start, stop, rm", async ({ orlop }, who) => {
    const flags = ["--pod", "pod", "--name", who];
    await orlop("container", "create", ...flags, "image0");
    await orlop("start", who);
    await orlop("stop", who);
    await orlop("rm", who);
  }],
  ["orlop gc", async ({ orlop }) => void await orlop("gc")],
  ["orlop check", async ({ orlop }) => void await orlop("check", "--full")],
  ["orlop images, ps, df", async ({ orlop }) => {
    await orlop("images");
    await orlop("ps", "--all");
    await orlop("df");
  }],
  ["podman create, mount, rm", async ({ podman }, who) => {
    await podman("create", "--name", who, "localhost/image0", "true");
    await podman("mount", who);
    await podman("umount", who);
    await podman("rm", who);
  }],
  ["skopeo copy, podman rmi", async ({ copy, podman, join }, who) => {
    await copy(`oci:${join("image2")}:latest`, `localhost/${who}:latest`);
    await podman("rmi", `localhost/${who}:latest`);
  }],
  ["containers-storage create, mount, delete", useStorage],
];

async function useStorage(
  { storage, newest }: SharedStore,
  who: string,
): Promise<void> {
  const tool = existsSync(NEWEST_STORAGE) && Number(who.at(-1)) % 2 === 0
    ? newest
    : storage;
  await tool("create-container", "--name", who, "localhost/image0:latest");
  await tool("mount", who);
  await tool("unmount", who);
  await tool("delete-container", who);
}
