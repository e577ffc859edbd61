/** Damages a store in several ways at once, and runs `check --repair` on it. */

import { messageOf } from "../../../src/errors/why.ts";
import { join } from "@std/path";
import { existsSync } from "node:fs";
import { digestOfTree } from "../../../tests/support/images/tree_digest.ts";
import { startRegistry } from "../../../tests/support/servers/registry_server.ts";
import {
  copyOf,
  type Damage,
  KINDS,
  makeTemplate,
  pushSubject,
  type Subject,
} from "../../../tests/support/store_damage.ts";
import { shuffled } from "../../../tests/support/seeded.ts";
import type { CrashOptions } from "./options.ts";
import { verifyStore } from "./verify_store.ts";
import type { CrashTable } from "./table.ts";
import { print } from "../print.ts";

const MAX_AT_ONCE = 4;

/** Tries one combination after the other until time is up. */
export async function damageAll(
  table: CrashTable,
  { deadlineMs, random }: CrashOptions,
): Promise<void> {
  await using registry = await startRegistry();
  await using template = await makeTemplate(await pushSubject(registry));
  while (performance.now() < deadlineMs) {
    const count = 1 + Math.floor(random() * MAX_AT_ONCE);
    const damages = shuffled(KINDS, random).slice(0, count);
    await using store = await copyOf(template);
    await tryDamage(table, store, damages);
  }
}

async function tryDamage(
  table: CrashTable,
  store: Subject,
  damages: readonly Damage[],
): Promise<void> {
  const own = ownFilesOf(store);
  const done = damages.filter(([, damage]) => isDone(() => damage(store)));
  const names = done.map(([name]) => name);
  const noteAll = (
    ...result: readonly ["whole" | "told" | "broken", string?]
  ) => names.forEach((name) => table.note(`damage ${name}`, ...result));
  const fail = (why: string) =>
    noteAll("broken", `${names.join(" + ")}: ${why}`);
  try {
    const found = await store.tryOrlop("check", "--full");
    if (found.code !== 1) return fail(`not found: ${found.out} ${found.err}`);
    const args = ["--full", "--repair", "--tls-verify=false"];
    const repair = await store.tryOrlop("check", ...args);
    if (ownFilesOf(store) !== own) return fail("a container's files are gone");
    if (repair.code !== 0) {
      const isTold = repair.code === 1 && /left|damaged/.test(repair.out);
      if (!isTold) return fail(`${repair.code}: ${repair.out} ${repair.err}`);
      print(`told    ${names.join(" + ")}: ${repair.out.split("\n")[0]}`);
      return noteAll("told");
    }
    const faults = await verifyStore(store, { depth: "full" });
    return faults.length > 0 ? fail(faults.join("; ")) : noteAll("whole");
  } catch (error) {
    fail(messageOf(error));
  }
}

/** What nobody has but a container. */
function ownFilesOf({ own }: Subject): string {
  const path = join(own, "diff");
  return existsSync(path) ? digestOfTree(path) : "none";
}

/** Whether there was something left to damage. */
function isDone(damage: () => void): boolean {
  try {
    damage();
    return true;
  } catch {
    return false; // an earlier damage took the file away
  }
}
