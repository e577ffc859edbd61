/**
 * Verifies a store by orlop, by the tests' own check, and by
 * containers-storage.
 */

import { messageOf } from "../../../src/errors/why.ts";
import { existsSync } from "node:fs";
import {
  NEWEST_STORAGE,
  type Peer,
  type SharedStore,
} from "../../../tests/support/programs/shared_store.ts";

/** How to verify a store. */
export interface Question {
  /** Whether orlop's own check reads all content. */
  readonly depth: "quick" | "full";
}

/** What verification needs of a store. */
export type VerifiedStore = Pick<
  SharedStore,
  "tryOrlop" | "orlop" | "check" | "newest" | "storage" | "mounts"
>;

/**
 * Runs `orlop check`, the tests' own check, and containers-storage, both this
 * system's and the newest.
 *
 * @returns What is wrong; empty if nothing.
 */
export async function verifyStore(
  store: VerifiedStore,
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
export async function verifyAfterCleanup(
  store: VerifiedStore,
): Promise<readonly string[]> {
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
