/** `orlop container exists`. */

import { listContainers } from "../../runtime/list_containers.ts";
import type { Call } from "../command.ts";
import { exists } from "../exists.ts";
import { findContainer } from "../find_container.ts";
import { openSession } from "../open_session.ts";
import type { CONTAINER_EXISTS } from "../table/container_commands.ts";

/** Says nothing, as podman does: the exit code tells. */
export async function run(
  call: Call<typeof CONTAINER_EXISTS>,
): Promise<number> {
  const { signal } = call;
  const [name = ""] = call.arguments;
  using session = openSession(call);
  const all = await listContainers(session.agent, { signal });
  return exists(() => findContainer(all, name));
}
