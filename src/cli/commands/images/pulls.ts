/** `orlop pulls`. */

import { listPulls } from "../../../engine/progress/list_pulls.ts";
import {
  type PullState,
  sumBytes,
} from "../../../engine/progress/pull_state.ts";
import type { PullStatus } from "../../../engine/progress/pull_status.ts";
import { formatSize } from "../../../formats/config/byte_size.ts";
import type { Call } from "../../command.ts";
import { readUserNames } from "../../input/read_user_names.ts";
import { openSession } from "../../open_session.ts";
import { formatAge } from "../../render/human.ts";
import { showList } from "../../render/show_list.ts";
import { GoTime } from "../../render/template/go_values.ts";
import type { LIST_PULLS } from "../../table/image_commands.ts";

/** Lists the running pulls, the oldest first. */
export function run(call: Call<typeof LIST_PULLS>): void {
  const { flags, terminal } = call;
  using session = openSession(call, { purpose: "read" });
  const names = readUserNames();
  const userOf = ({ uid }: PullStatus) => names.get(uid) ?? String(uid);
  showList<PullStatus>(
    {
      rows: listPulls(session.agent),
      columns: [
        { header: "PID", field: "PID", text: ({ pid }) => String(pid) },
        { header: "USER", field: "User", text: userOf },
        { header: "COMMAND", field: "Command", text: ({ command }) => command },
        {
          header: "STARTED",
          field: "Started",
          text: ({ started }) => formatAge(new Date(started)),
        },
        { header: "LAYERS", field: "Layers", text: layersText },
        { header: "FETCHED", field: "Fetched", text: fetchedText },
        {
          header: "IMAGE",
          field: "Image",
          text: ({ name }) => name,
          isElastic: true,
        },
      ],
      fields: {
        Percent: percentOf,
        Received: (pull) => sumBytes(pull).received,
        Size: (pull) => sumBytes(pull).size,
        StartedAt: ({ started }) => new GoTime(started),
        UID: ({ uid }) => uid,
      },
      json: (rows) =>
        rows.map((pull) => ({
          ...pull,
          user: userOf(pull),
          ...sumBytes(pull),
        })),
      id: ({ pid }) => String(pid),
    },
    flags,
    terminal,
  );
}

/** The stored layers and the total; empty before the manifest is known. */
function layersText({ layers }: PullState): string {
  if (layers.length === 0) return "-";
  const here = layers.filter(({ phase }) =>
    phase === "done" || phase === "present"
  );
  return `${here.length}/${layers.length}`;
}

function fetchedText(pull: PullState): string {
  if (pull.layers.length === 0) return "-";
  const { received, size } = sumBytes(pull);
  return `${formatSize(received)}/${formatSize(size)}`;
}

function percentOf(pull: PullState): number {
  const { received, size } = sumBytes(pull);
  if (size > 0) return Math.floor(received / size * 100);
  return pull.layers.length === 0 ? 0 : 100;
}
