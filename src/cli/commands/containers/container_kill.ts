/** `orlop kill`. */

import { killContainer } from "../../../engine/containers/end_process.ts";
import { listContainers } from "../../../engine/containers/list_containers.ts";
import type { Call } from "../../command.ts";
import { chooseNames } from "../../input/choose_names.ts";
import { readSignal } from "../../input/flags/read_signal.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { KILL_CONTAINER } from "../../table/container_commands.ts";

/** Sends a signal to the processes of containers, and prints their names. */
export async function run(call: Call<typeof KILL_CONTAINER>): Promise<void> {
  const { flags: { all, signal: text }, terminal, signal } = call;
  const number = readSignal(text);
  using session = openSession(call);
  const { agent } = session;
  const what = "container";
  const names = await chooseNames(call.arguments, { all, what }, async () => {
    const containers = await listContainers(agent, { signal });
    return containers.filter(({ pid }) => pid !== undefined)
      .map(({ id }) => id);
  });
  await forEachName(names, { signal }, async (name) => {
    await killContainer(agent, name, { number, signal });
    terminal.print(name);
  });
}
