/** `orlop pull`. */

import type { Call } from "../../command.ts";
import { pullOptions } from "../../input/flags/pull_options.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import { pullWithProgress } from "../../pull_with_progress.ts";
import type { PULL } from "../../table/image_commands.ts";

/** Pulls images and prints their IDs. */
export async function run(call: Call<typeof PULL>): Promise<void> {
  const { flags, terminal, signal } = call;
  const options = await pullOptions(call);
  using session = openSession(call, { ifMissing: "make" });
  await forEachName(call.arguments, { signal }, async (name) => {
    const how = { flags, terminal, signal, options };
    const { imageId } = await pullWithProgress(session.agent, name, how);
    terminal.print(imageId);
  });
}
