/** `orlop pod stop`. */

import { stopPod } from "../../../engine/pods/stop_pod.ts";
import type { Call } from "../../command.ts";
import { choosePods } from "../../input/choose_pods.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { STOP_POD } from "../../table/pod_commands.ts";
import { stopTime } from "../../table/shared_flags.ts";

/** Ends what runs in pods, unmounts their containers, and prints their IDs. */
export async function run(call: Call<typeof STOP_POD>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { all, ignore } = flags;
  using session = openSession(call);
  const { agent } = session;
  const names = await choosePods(agent, call.arguments, { all, signal });
  await forEachName(names, { signal, ignore: ignore || all }, async (name) => {
    terminal.print(
      await stopPod(agent, name, { timeMs: stopTime(flags), signal }),
    );
  });
}
