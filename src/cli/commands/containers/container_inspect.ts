/** `orlop container inspect`. */

import { inspectContainer } from "../../../engine/containers/inspect_container.ts";
import { listContainers } from "../../../engine/containers/list_containers.ts";
import type { Call } from "../../command.ts";
import { findContainer } from "../../input/find_container.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import { containerDetails } from "../../render/container_details.ts";
import { showObjects } from "../../render/show_objects.ts";
import type { GoStruct } from "../../render/template/go_values.ts";
import type { INSPECT_CONTAINER } from "../../table/container_commands.ts";

/** Shows all about containers. */
export async function run(call: Call<typeof INSPECT_CONTAINER>): Promise<void> {
  const { flags, terminal, signal } = call;
  using session = openSession(call, { purpose: "read" });
  const { agent } = session;
  const containers = await listContainers(agent, { signal });
  const shown: GoStruct[] = [];
  try {
    await forEachName(call.arguments, { signal }, async (name) => {
      const { id } = findContainer(containers, name);
      const details = await inspectContainer(agent, id, { signal });
      shown.push(containerDetails(details));
    });
  } finally {
    showObjects(shown, flags, terminal); // what was found, as podman does
  }
}
