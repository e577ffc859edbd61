/** `orlop container exists`. */

import { isKnown } from "../../../engine/known_names.ts";
import type { Call } from "../../command.ts";
import { EXIT } from "../../exit_code.ts";
import { openSession } from "../../open_session.ts";
import type { CONTAINER_EXISTS } from "../../table/container_commands.ts";

/** Prints nothing, as podman does: the exit code is the result. */
export async function run(
  call: Call<typeof CONTAINER_EXISTS>,
): Promise<number> {
  const { signal } = call;
  const [name] = call.arguments;
  using session = openSession(call, { purpose: "read" });
  const isThere = await isKnown(session.agent, "container", { name, signal });
  return isThere ? EXIT.ok : EXIT.failed;
}
