/** Lets system calls fail: a disk that is full, or broken, at each step. */

import type { KillPoint } from "../../../tests/support/programs/kill_points.ts";
import { failAt } from "../../../tests/support/programs/kill_points.ts";
import { toText } from "../../../src/formats/bytes.ts";
import { verifyStore } from "./verify_store.ts";
import { goOn, tryEverywhere } from "./kills.ts";
import type { CrashOptions } from "./options.ts";
import type { CrashTable } from "./table.ts";

// Calls that need space or an inode fail with ENOSPC; all others with EIO.
const NEEDS_SPACE =
  /^(openat|p?write|pwrite64|mkdir|mkdirat|mknodat|link|linkat|symlink|symlinkat|rename|renameat2|fallocate|copy_file_range)$/;
// Errors of the Deno runtime itself.
const UNTOLD = /TypeError|ReferenceError|panicked|Uncaught| at file:/;

// The runtime wakes itself by writes, whose number differs: it was one of these.
const OTHER_WRITE = /failed to wake I\/O driver/;

/** Lets one call fail in each trial, with ENOSPC or EIO. */
export function failEverywhere(
  table: CrashTable,
  options: CrashOptions,
): Promise<void> {
  return tryEverywhere(table, options, {
    kind: "fail",
    tryPoint: async (trial, point, note) => {
      const { place, scenario, subject } = trial;
      scenario.damage?.(place);
      const { code, stderr } = await failAt(point, subject, errorAt(point));
      const said = toText(stderr);
      const isMissed = OTHER_WRITE.test(said);
      const isUntold = UNTOLD.test(said) || (code !== 0 && said === "");
      if (isUntold && !isMissed) return `${code}: ${said}`;
      if (scenario.damage === undefined) {
        await place.orlop("images"); // finishes what was begun
        const found = await verifyStore(place, { depth: "full" });
        if (found.length > 0) return found.join("; ");
      }
      const why = await goOn(trial);
      const result = code === 0 ? "whole" : "told";
      if (why === undefined) note(isMissed ? "missed" : result);
      return why;
    },
  });
}

function errorAt({ call }: KillPoint): string {
  return NEEDS_SPACE.test(call) ? "ENOSPC" : "EIO";
}
