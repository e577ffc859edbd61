/** `orlop pod inspect`. */

import { listPods } from "../../runtime/list_containers.ts";
import type { Call } from "../command.ts";
import { findPod } from "../find_container.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import { podToJson } from "../pod_to_json.ts";
import { showJson } from "../show_list.ts";
import type { INSPECT_POD } from "../table/pod_commands.ts";

/** Shows all about pods, as a JSON array. */
export async function run(call: Call<typeof INSPECT_POD>): Promise<void> {
  const { terminal, signal } = call;
  using session = openSession(call);
  const pods = await listPods(session.agent, { signal });
  const shown: unknown[] = [];
  try {
    await forEachName(call.arguments, { signal }, (name) => {
      shown.push(podToJson(findPod(pods, name)));
    });
  } finally {
    showJson(shown, terminal); // what was found, as podman does
  }
}
