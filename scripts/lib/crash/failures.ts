/** Lets system calls fail: a disk that is full, or broken, at each step. */

import type { KillPoint } from "../../../tests/support/programs/kill_points.ts";
import { failAt } from "../../../tests/support/programs/kill_points.ts";
import { toText } from "../../../src/formats/bytes.ts";
import { judge } from "./judges.ts";
import { goOn, tryEverywhere } from "./kills.ts";
import type { CrashOptions } from "./options.ts";
import type { CrashTable } from "./table.ts";

// What takes room, or an inode; all else fails as on a broken disk.
const TAKES_ROOM =
  /^(openat|p?write|pwrite64|mkdir|mkdirat|mknodat|link|linkat|symlink|symlinkat|rename|renameat2|fallocate|copy_file_range)$/;
// Of the runtime: it names what it ran into.
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
      const { place, deed, subject } = trial;
      deed.damage?.(place);
      const { code, stderr } = await failAt(point, subject, errorAt(point));
      const said = toText(stderr);
      const isMissed = OTHER_WRITE.test(said);
      const isUntold = UNTOLD.test(said) || (code !== 0 && said === "");
      if (isUntold && !isMissed) return `${code}: ${said}`;
      if (deed.damage === undefined) {
        await place.orlop("images"); // finishes what was begun
        const found = await judge(place, { depth: "full" });
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
  return TAKES_ROOM.test(call) ? "ENOSPC" : "EIO";
}
