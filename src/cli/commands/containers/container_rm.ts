/** `orlop rm`. */

import { deleteContainer } from "../../../engine/containers/delete_container.ts";
import { listContainers } from "../../../engine/containers/list_containers.ts";
import type { Call } from "../../command.ts";
import { chooseNames } from "../../input/choose_names.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { REMOVE_CONTAINER } from "../../table/container_commands.ts";
import { removalTime } from "../../table/shared_flags.ts";

/** Removes containers and prints their IDs. */
export async function run(call: Call<typeof REMOVE_CONTAINER>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { all, force, ignore } = flags;
  const timeMs = removalTime(flags);
  using session = openSession(call);
  const { agent } = session;
  const what = "container";
  const names = await chooseNames(call.arguments, { all, what }, async () => {
    const containers = await listContainers(agent, { signal });
    return containers.filter(({ owner, metadata }) =>
      owner === "orlop" && metadata?.pod !== true
    ).map(({ id }) => id);
  });
  const mayLack = ignore || all || force; // as podman
  await forEachName(names, { signal, ignore: mayLack }, async (name) => {
    const id = await deleteContainer(agent, name, {
      running: force ? "end" : "refuse",
      mounted: force ? "unmount" : "refuse",
      infra: "refuse",
      ...{ timeMs, signal },
    });
    terminal.print(id);
  });
}
