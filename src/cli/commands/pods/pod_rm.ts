/** `orlop pod rm`. */

import { listPods } from "../../../engine/containers/list_containers.ts";
import { removePodSandbox } from "../../../engine/pods/remove_pod_sandbox.ts";
import type { Call } from "../../command.ts";
import { chooseNames } from "../../input/choose_names.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { REMOVE_POD } from "../../table/pod_commands.ts";
import { stopTime } from "../../table/shared_flags.ts";
import { UsageError } from "../../usage_error.ts";

/** Removes pods and prints their IDs. */
export async function run(call: Call<typeof REMOVE_POD>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { all, force, ignore } = flags;
  if (flags.time !== undefined && !force) {
    throw new UsageError('Cannot use "--time" without "--force"');
  }
  using session = openSession(call);
  const { agent } = session;
  const what = "pod";
  const names = await chooseNames(call.arguments, { all, what }, async () => {
    const pods = await listPods(agent, { signal });
    return pods.flatMap(({ infra }) => infra?.id ?? []);
  });
  const mayLack = ignore || all || force; // as podman
  await forEachName(names, { signal, ignore: mayLack }, async (name) => {
    const removed = await removePodSandbox(agent, name, {
      members: force ? "remove" : "refuse",
      running: force ? "end" : "refuse",
      timeMs: stopTime(flags),
      signal,
    });
    terminal.print(removed.at(-1) ?? name);
  });
}
