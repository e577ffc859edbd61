/** `orlop pod inspect`. */

import { listPods } from "../../../engine/containers/list_containers.ts";
import type { Call } from "../../command.ts";
import { findPod } from "../../input/find_container.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import { podToJson } from "../../render/pod_to_json.ts";
import { showObjects } from "../../render/show_objects.ts";
import type { GoStruct } from "../../render/template/go_values.ts";
import type { INSPECT_POD } from "../../table/pod_commands.ts";

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
