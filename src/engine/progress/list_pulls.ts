/** Lists the running pulls of all processes. */

import { messageOf } from "../../errors/why.ts";
import { readNotices } from "../../store/layers/notices.ts";
import type { Agent } from "../agent.ts";
import { parsePullStatus, type PullStatus } from "./pull_status.ts";

/** Lists the running pulls into a store, the oldest first. */
export function listPulls({ store, log }: Agent): readonly PullStatus[] {
  return readNotices(store)
    .flatMap((text): readonly PullStatus[] => {
      try {
        return text === "" ? [] : [parsePullStatus(text)];
      } catch (error) {
        log("warn", messageOf(error)); // a malformed notice must not hide the others
        return [];
      }
    })
    .toSorted((a, b) => Date.parse(a.started) - Date.parse(b.started));
}
