/** `orlop pod kill`. */

import { killContainer } from "../../../engine/containers/end_process.ts";
import {
  listPods,
  type PodSummary,
} from "../../../engine/containers/list_containers.ts";
import type { Call } from "../../command.ts";
import { chooseNames } from "../../input/choose_names.ts";
import { findPod } from "../../input/find_container.ts";
import { readSignal } from "../../input/flags/read_signal.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { KILL_POD } from "../../table/pod_commands.ts";

/** Sends a signal to what runs in pods, and prints their IDs. */
export async function run(call: Call<typeof KILL_POD>): Promise<void> {
  const { flags: { all, signal: text }, terminal, signal } = call;
  const number = readSignal(text);
  using session = openSession(call);
  const { agent } = session;
  const pods = await listPods(agent, { signal });
  const what = "pod";
  const names = await chooseNames(
    call.arguments,
    { all, what },
    () =>
      Promise.resolve(
        pods.filter((pod) => running(pod).length > 0).map(({ id }) => id),
      ),
  );
  await forEachName(names, { signal }, async (name) => {
    const pod = findPod(pods, name);
    const ids = running(pod);
    if (ids.length === 0) {
      throw new Error(`Cannot kill pod "${name}": nothing runs in it`);
    }
    for (const id of ids) await killContainer(agent, id, { number, signal });
    terminal.print(pod.id);
  });
}

function running({ infra, members }: PodSummary): readonly string[] {
  return [...members, ...infra === undefined ? [] : [infra]]
    .filter(({ pid }) => pid !== undefined).map(({ id }) => id);
}
