/** `orlop pod exists`. */

import { listPods } from "../../runtime/list_containers.ts";
import type { Call } from "../command.ts";
import { exists } from "../exists.ts";
import { findPod } from "../find_container.ts";
import { openSession } from "../open_session.ts";
import type { POD_EXISTS } from "../table/pod_commands.ts";

/** Says nothing, as podman does: the exit code tells. */
export async function run(call: Call<typeof POD_EXISTS>): Promise<number> {
  const { signal } = call;
  const [name = ""] = call.arguments;
  using session = openSession(call);
  const all = await listPods(session.agent, { signal });
  return exists(() => findPod(all, name));
}
