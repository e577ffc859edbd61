/** `orlop container cleanup`. */

import { cleanUpContainer } from "../../../engine/pods/clean_up_container.ts";
import { parseContainerId } from "../../../formats/storage/store_ids.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import type { CLEANUP_CONTAINER } from "../../table/container_commands.ts";

/** Cleans up an ended container; conmon calls it, so nothing is printed. */
export async function run(call: Call<typeof CLEANUP_CONTAINER>): Promise<void> {
  const [id] = call.arguments;
  using session = openSession(call);
  const { signal } = call;
  await cleanUpContainer(session.agent, parseContainerId(id), { signal });
}
