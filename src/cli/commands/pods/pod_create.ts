/** `orlop pod create`. */

import { randomId } from "../../../fs/random_name.ts";
import type { Call } from "../../command.ts";
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
  using session = openSession(call, { pauseImage, ifMissing: "make" });
  const pod = { podId, podName, uid, namespace, attempt, signal };
  terminal.print(await makePod(session.agent, pod));
}
