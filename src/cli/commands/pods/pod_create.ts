/** `orlop pod create`. */

import { randomId } from "../../../fs/random_name.ts";
import type { Call } from "../../command.ts";
import { badFlag } from "../../input/flags/flag_value.ts";
import { readNetworks } from "../../input/flags/network_flags.ts";
import { makePod } from "../../input/join_pod.ts";
import { openSession } from "../../open_session.ts";
import { shortId } from "../../render/short_id.ts";
import type { CREATE_POD } from "../../table/pod_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** Makes a pod and prints its ID. */
export async function run(call: Call<typeof CREATE_POD>): Promise<void> {
  const { flags, terminal, signal } = call;
  const [named] = call.arguments;
  if (named !== undefined && flags.name !== undefined) {
    throw new UsageError(
      `Cannot name a pod "${flags.name}" and "${named}": choose one`,
    );
  }
  const podId = flags.id ?? randomId();
  const podName = flags.name ?? named ?? `pod-${shortId(podId)}`;
  const { uid, namespace, attempt, image: pauseImage } = flags;
  const wanted = readNetworks(flags);
  if (wanted.kind === "host") {
    throw badFlag(
      "network",
      "host",
      "each of its containers says so by itself",
    );
  }
  using session = openSession(call, { pauseImage, ifMissing: "make" });
  const pod = { podId, podName, uid, namespace, attempt, signal };
  if (wanted.kind !== "join") {
    const { hostname } = flags;
    if (hostname !== undefined) {
      throw badFlag("hostname", hostname, "name a network: --network NAME");
    }
    terminal.print(await makePod(session.agent, pod));
    return;
  }
  const { runNetworkPod } = await import("../../input/join_networks.ts");
  const { id } = await runNetworkPod(session.agent, {
    ...{ ...pod, wanted, settings: call.config.serve },
    hostname: flags.hostname ??
      (isHostname(podName) ? podName : shortId(podId)),
  });
  terminal.print(id);
}

/** What the kernel takes: hostname(7), at most 64 characters. */
function isHostname(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text);
}
