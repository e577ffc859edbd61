/** `orlop stop`. */

import { listContainers } from "../../../engine/containers/list_containers.ts";
import { stopContainer } from "../../../engine/pods/stop_container.ts";
import type { Call } from "../../command.ts";
import { chooseNames } from "../../input/choose_names.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { STOP_CONTAINER } from "../../table/container_commands.ts";
import { stopTime } from "../../table/shared_flags.ts";

/** Stops the processes of containers, unmounts them, and prints their names. */
export async function run(call: Call<typeof STOP_CONTAINER>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { all, ignore, count, force } = flags;
  const timeMs = force ? 0 : stopTime(flags);
  using session = openSession(call);
  const { agent } = session;
  const what = "container";
  const names = await chooseNames(call.arguments, { all, what }, async () => {
    const containers = await listContainers(agent, { signal });
    return containers.filter(({ owner, pid, mountPoint }) =>
      owner === "orlop" && (mountPoint !== undefined || pid !== undefined)
    ).map(({ id }) => id);
  });
  await forEachName(names, { signal, ignore: ignore || all }, async (name) => {
    const isUnmounted = await stopContainer(agent, name, {
      mode: count ? "one" : "all",
      ...{ running: "end", timeMs, signal },
    });
    terminal.print(name);
    if (isUnmounted || call.config.isQuiet) return;
    terminal.tell(`Container "${name}" stays mounted: it was started again`);
  });
}
