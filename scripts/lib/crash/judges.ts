/** Who says whether a store is whole. */

import { messageOf } from "../../../src/errors/why.ts";
import { existsSync } from "node:fs";
import {
  NEWEST_STORAGE,
  type Peer,
  type SharedStore,
} from "../../../tests/support/programs/shared_store.ts";

/** What the judges are asked. */
export interface Question {
  /** Whether orlop's own check reads all content. */
  readonly depth: "quick" | "full";
}

/** The parts of a store that judges look at. */
export type Judged = Pick<
  SharedStore,
  "tryOrlop" | "orlop" | "check" | "newest" | "storage" | "mounts"
>;

/**
 * Asks orlop's own check, the tests' one, and both the containers-storage of this
 * system and the newest one.
 *
 * @returns What is wrong; empty if nothing.
 */
export async function judge(
  store: Judged,
  { depth }: Question,
): Promise<readonly string[]> {
  const args = ["--quiet", "check", ...depth === "full" ? ["--full"] : []];
  const { code, out, err } = await store.tryOrlop(...args);
  return [
    ...code === 0 ? [] : [`orlop check: ${out} ${err}`],
    ...store.check("allowed"),
    ...await ask(store.storage, "images"),
    ...await ask(store.storage, "containers"),
    ...existsSync(NEWEST_STORAGE) ? await ask(store.newest, "check") : [],
  ];
}

/** Lets a cleanup remove what a crash has left. @returns What it leaves, too. */
export async function judgeRest(store: Judged): Promise<readonly string[]> {
  await store.orlop("gc", "--leftover-age=0s");
  return store.check("none");
}

async function ask(
  peer: Peer,
  question: string,
): Promise<readonly string[]> {
  try {
    await peer(question);
    return [];
  } catch (error) {
    // Its last act is to unmount all, which it cannot while somebody works.
    const text = messageOf(error);
    return /shutdown/.test(text) ? [] : [`a peer: ${text}`];
  }
}
