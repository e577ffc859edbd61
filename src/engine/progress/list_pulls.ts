/** Lists what is being pulled, by whichever process. */

import { messageOf } from "../../errors/why.ts";
import { readNotices } from "../../store/layers/notices.ts";
import type { Agent } from "../agent.ts";
import { parsePullStatus, type PullStatus } from "./pull_status.ts";

/** Lists the pulls into a store that are under way now, the oldest first. */
export function listPulls({ store, log }: Agent): readonly PullStatus[] {
  return readNotices(store)
    .flatMap((text): readonly PullStatus[] => {
      try {
        return text === "" ? [] : [parsePullStatus(text)];
      } catch (error) {
        log("warn", messageOf(error)); // the others are to be seen all the same
        return [];
      }
    })
    .toSorted((a, b) => Date.parse(a.started) - Date.parse(b.started));
}
