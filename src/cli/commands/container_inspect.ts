/** `orlop container inspect`. */

import { inspectContainer } from "../../runtime/inspect_container.ts";
import {
  type ContainerSummary,
  listContainers,
} from "../../runtime/list_containers.ts";
import type { Call } from "../command.ts";
import { containerToJson } from "../container_columns.ts";
import { findContainer } from "../find_container.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import { showJson } from "../show_list.ts";
import type { INSPECT_CONTAINER } from "../table/container_commands.ts";

/** Shows all about containers, as a JSON array. */
export async function run(call: Call<typeof INSPECT_CONTAINER>): Promise<void> {
  const { terminal, signal } = call;
  using session = openSession(call);
  const { agent } = session;
  const containers = await listContainers(agent, { signal });
  const shown: unknown[] = [];
  try {
    await forEachName(call.arguments, { signal }, async (name) => {
      shown.push(await describe(findContainer(containers, name)));
    });
  } finally {
    showJson(shown, terminal); // what was found, as podman does
  }

  async function describe(container: ContainerSummary) {
    const details = await inspectContainer(agent, container.id, { signal });
    return {
      ...containerToJson(details),
      WorkDir: details.dir,
      RunDir: details.runDir,
      Metadata: details.metadata,
      Template: details.template,
      BundleConfig: details.bundleConfig,
      Differences: details.differences,
    };
  }
}
