/** `orlop rm`. */

import { InUseError } from "../../errors.ts";
import { deleteContainer } from "../../runtime/delete_container.ts";
import { listContainers } from "../../runtime/list_containers.ts";
import type { Call } from "../command.ts";
import { findContainer } from "../find_container.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import type { REMOVE_CONTAINER } from "../table/container_commands.ts";

/** Removes containers and prints their IDs. */
export async function run(call: Call<typeof REMOVE_CONTAINER>): Promise<void> {
  const { flags: { force, ignore }, terminal, signal } = call;
  using session = openSession(call);
  const { agent } = session;
  const containers = await listContainers(agent, { signal });
  await forEachName(call.arguments, { signal, ignore }, async (name) => {
    const container = findContainer(containers, name);
    const { id, mountPoint, metadata, owner } = container;
    if (mountPoint !== undefined && !force && owner === "orlop") {
      throw new InUseError(
        `Cannot remove container "${name}": it is mounted at ` +
          `"${mountPoint}"; stop it first, or use --force`,
        [mountPoint],
      );
    }
    if (metadata?.pod) {
      throw new InUseError(
        `Cannot remove container "${name}": it makes up pod ` +
          `"${metadata.podName}"; use "orlop pod rm"`,
        [metadata.podName],
      );
    }
    terminal.print(await deleteContainer(agent, id, { signal }));
  });
}
