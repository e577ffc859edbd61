/** `orlop pause`. */

import { pauseContainer } from "../../../engine/processes/pause_container.ts";
import type { Call } from "../../command.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { PAUSE } from "../../table/process_commands.ts";

/** Pauses the processes of containers, and prints their names. */
export async function run(call: Call<typeof PAUSE>): Promise<void> {
  const { terminal, signal } = call;
  using session = openSession(call);
  await forEachName(call.arguments, { signal }, async (name) => {
    await pauseContainer(session.agent, name, { action: "pause", signal });
    terminal.print(name);
  });
}
