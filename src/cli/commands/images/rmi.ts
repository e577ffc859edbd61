/** `orlop rmi`. */

import type { Agent } from "../../../engine/agent.ts";
import { removeImage } from "../../../engine/cleanup/remove_image.ts";
import { listImages } from "../../../engine/images/list_images.ts";
import type { Call } from "../../command.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import { showOnOneLine } from "../../../formats/visible_text.ts";
import type { REMOVE_IMAGE } from "../../table/image_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** Removes images, or names of them, and prints which. */
export async function run(call: Call<typeof REMOVE_IMAGE>): Promise<void> {
  const { flags, terminal, signal } = call;
  const { force, ignore } = flags;
  checkNames(call);
  using session = openSession(call);
  const names = flags.all
    ? await listIds(session.agent, { signal })
    : call.arguments;
  const mayLack = ignore || force; // as podman
  await forEachName(names, { signal, ignore: mayLack }, async (name) => {
    const { untagged, deleted } = await removeImage(session.agent, name, {
      containers: force ? "remove" : "refuse",
      names: force || flags.all ? "all" : "refuse",
      pinned: force ? "remove" : "refuse",
      signal,
    });
    for (const text of untagged) {
      terminal.print(`Untagged: ${showOnOneLine(text)}`);
    }
    for (const id of deleted) terminal.print(`Deleted: ${id}`);
  });
}

function checkNames({ flags, arguments: names }: Call<typeof REMOVE_IMAGE>) {
  if (!flags.all && names.length === 0) {
    throw new UsageError("Cannot tell which: name an image, or use --all");
  }
  if (flags.all && names.length > 0) {
    throw new UsageError(
      `Cannot use "--all" with "${names[0]}": all images go, or those named`,
    );
  }
}

/** The newest first: an image is removed before those that it was built on. */
async function listIds(
  agent: Agent,
  options: { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const images = await listImages(agent, options);
  return images
    .toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created))
    .map(({ id }) => id);
}
