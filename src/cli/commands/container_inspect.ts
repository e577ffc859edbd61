/** `orlop container inspect`. */

import { inspectContainer } from "../../runtime/inspect_container.ts";
import { listContainers } from "../../runtime/list_containers.ts";
import type { Call } from "../command.ts";
import { containerDetails } from "../container_details.ts";
import { findContainer } from "../find_container.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import { showObjects } from "../show_objects.ts";
import type { INSPECT_CONTAINER } from "../table/container_commands.ts";
import type { GoStruct } from "../template/go_values.ts";

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
