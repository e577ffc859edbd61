/** `orlop pod rm`. */

import { removePodSandbox } from "../../runtime/delete_container.ts";
import type { Call } from "../command.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import type { REMOVE_POD } from "../table/pod_commands.ts";

/** Removes pods and prints their IDs. */
export async function run(call: Call<typeof REMOVE_POD>): Promise<void> {
  const { flags: { force, ignore }, terminal, signal } = call;
  using session = openSession(call);
  await forEachName(call.arguments, { signal, ignore }, async (name) => {
    const removed = await removePodSandbox(session.agent, name, {
      members: force ? "remove" : "refuse",
      signal,
    });
    terminal.print(removed.at(-1) ?? name);
  });
}
