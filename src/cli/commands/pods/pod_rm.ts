/** `orlop pod rm`. */

import { removePodSandbox } from "../../../engine/pods/remove_pod_sandbox.ts";
import type { Call } from "../../command.ts";
import { choosePods } from "../../input/choose_pods.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { REMOVE_POD } from "../../table/pod_commands.ts";
import { removalTime } from "../../table/shared_flags.ts";

/** Removes pods and prints their IDs. */
export async function run(call: Call<typeof REMOVE_POD>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { all, force, ignore } = flags;
  const timeMs = removalTime(flags);
  using session = openSession(call);
  const { agent } = session;
  const names = await choosePods(agent, call.arguments, { all, signal });
  const mayLack = ignore || all || force; // as podman
  await forEachName(names, { signal, ignore: mayLack }, async (name) => {
    const removed = await removePodSandbox(agent, name, {
      members: force ? "remove" : "refuse",
      running: force ? "end" : "refuse",
      ...{ timeMs, signal },
    });
    terminal.print(removed.at(-1) ?? name);
  });
}
