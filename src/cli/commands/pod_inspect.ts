/** `orlop pod inspect`. */

import { listPods } from "../../runtime/list_containers.ts";
import type { Call } from "../command.ts";
import { findPod } from "../find_container.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import { podToJson } from "../pod_to_json.ts";
import { showObjects } from "../show_objects.ts";
import type { INSPECT_POD } from "../table/pod_commands.ts";
import type { GoStruct } from "../template/go_values.ts";

/** Shows all about pods, as a JSON array. */
export async function run(call: Call<typeof INSPECT_POD>): Promise<void> {
  const { flags, terminal, signal } = call;
  using session = openSession(call, { purpose: "read" });
  const pods = await listPods(session.agent, { signal });
  const shown: GoStruct[] = [];
  try {
    await forEachName(call.arguments, { signal }, (name) => {
      shown.push(podToJson(findPod(pods, name)));
    });
  } finally {
    showObjects(shown, flags, terminal); // what was found, as podman does
  }
}
