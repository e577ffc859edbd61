/** `orlop pod start`. */

import { startPod } from "../../../engine/pods/start_pod.ts";
import type { Call } from "../../command.ts";
import { choosePods } from "../../input/choose_pods.ts";
import { findExitCommand } from "../../input/exit_command.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { START_POD } from "../../table/pod_commands.ts";

/** Runs what is in pods, and prints their IDs. */
export async function run(call: Call<typeof START_POD>): Promise<void> {
  const { flags, terminal, signal } = call;
  const exitCommand = findExitCommand(call.config);
  using session = openSession(call);
  const { agent } = session;
  const { all } = flags;
  const names = await choosePods(agent, call.arguments, { all, signal });
  await forEachName(names, { signal }, async (name) => {
    terminal.print(await startPod(agent, name, { exitCommand, signal }));
  });
}
