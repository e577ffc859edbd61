/** `orlop rmi`. */

import { removeImage } from "../../runtime/remove_image.ts";
import type { Call } from "../command.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import type { REMOVE_IMAGE } from "../table/image_commands.ts";
import { showOnOneLine } from "../visible_text.ts";

/** Removes images, or names of them, and prints which. */
export async function run(call: Call<typeof REMOVE_IMAGE>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { force, ignore } = flags;
  using session = openSession(call);
  await forEachName(call.arguments, { signal, ignore }, async (name) => {
    const { untagged, deleted } = await removeImage(session.agent, name, {
      containers: force ? "remove" : "refuse",
      names: force ? "all" : "refuse",
      pinned: force ? "remove" : "refuse",
      signal,
    });
    for (const text of untagged) {
      terminal.print(`Untagged: ${showOnOneLine(text)}`);
    }
    for (const id of deleted) terminal.print(`Deleted: ${id}`);
  });
}
