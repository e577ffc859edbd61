/** Who says whether a store is whole. */

import { messageOf } from "../../src/errors/why.ts";
import { existsSync } from "node:fs";
import {
  NEWEST_STORAGE,
  type SharedStore,
} from "../../tests/support/programs/shared_store.ts";

/** What the judges are asked. */
export interface Question {
  /** Whether orlop's own check reads all content. */
  readonly depth: "quick" | "full";
}

/**
 * Asks orlop's own check, the tests' one, and the newest containers-storage.
 *
 * @returns What is wrong; empty if nothing.
 */
export async function judge(
  store: SharedStore,
  { depth }: Question,
): Promise<readonly string[]> {
  const args = ["--quiet", "check", ...depth === "full" ? ["--full"] : []];
  const { code, out, err } = await store.tryOrlop(...args);
  return [
    ...code === 0 ? [] : [`orlop check: ${out} ${err}`],
    ...store.check("allowed"),
    ...await askNewest(store),
  ];
}

async function askNewest({ newest }: SharedStore): Promise<readonly string[]> {
  if (!existsSync(NEWEST_STORAGE)) return [];
  try {
    await newest("check");
    return [];
  } catch (error) {
    // Its last act is to unmount all, which it cannot while somebody works.
    const text = messageOf(error);
    return /shutdown/.test(text) ? [] : [`the newest tool: ${text}`];
  }
}
