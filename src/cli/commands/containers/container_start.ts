/** `orlop start`. */

import { startContainer } from "../../../engine/containers/start_container.ts";
import type { Call } from "../../command.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { START_CONTAINER } from "../../table/container_commands.ts";

/** Mounts containers and prints their roots. */
export async function run(call: Call<typeof START_CONTAINER>): Promise<void> {
  const { terminal, signal } = call;
  using session = openSession(call);
  await forEachName(call.arguments, { signal }, async (name) => {
    terminal.print(await startContainer(session.agent, name, { signal }));
  });
}
