/** `orlop stop`. */

import { listContainers } from "../../runtime/list_containers.ts";
import { stopContainer } from "../../runtime/start_container.ts";
import type { Call } from "../command.ts";
import { findContainer } from "../find_container.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import type { STOP_CONTAINER } from "../table/container_commands.ts";

/** Unmounts containers and prints their names. */
export async function run(call: Call<typeof STOP_CONTAINER>): Promise<void> {
  const { flags: { force, ignore }, terminal, signal } = call;
  using session = openSession(call);
  const { agent } = session;
  const containers = await listContainers(agent, { signal });
  await forEachName(call.arguments, { signal, ignore }, async (name) => {
    const container = findContainer(containers, name);
    const mode = force ? "all" : "one";
    const isUnmounted = await stopContainer(agent, container.id, {
      mode,
      signal,
    });
    terminal.print(name);
    if (isUnmounted || call.config.isQuiet) return;
    terminal.tell(`Container "${name}" stays mounted: it was started again`);
  });
}
