/** `orlop kill`. */

import { killContainer } from "../../runtime/end_process.ts";
import { listContainers } from "../../runtime/list_containers.ts";
import { chooseNames } from "../choose_names.ts";
import type { Call } from "../command.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import { readSignal } from "../read_signal.ts";
import type { KILL_CONTAINER } from "../table/container_commands.ts";

/** Sends a signal to what runs in containers, and prints their names. */
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
