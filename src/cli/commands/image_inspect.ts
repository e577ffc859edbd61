/** `orlop image inspect`. */

import { inspectImage } from "../../runtime/list_images.ts";
import type { Call } from "../command.ts";
import { forEachName } from "../for_each_name.ts";
import { imageDetails } from "../image_details.ts";
import { openSession } from "../open_session.ts";
import { showObjects } from "../show_objects.ts";
import type { INSPECT_IMAGE } from "../table/image_commands.ts";
import type { GoStruct } from "../template/go_values.ts";

/** Shows all about images. */
export async function run(call: Call<typeof INSPECT_IMAGE>): Promise<void> {
  const { flags, terminal, signal } = call;
  using session = openSession(call, { purpose: "read" });
  const shown: GoStruct[] = [];
  try {
    await forEachName(call.arguments, { signal }, async (name) => {
      const image = await inspectImage(session.agent, name, { signal });
      shown.push(imageDetails(image, session.agent.store.paths));
    });
  } finally {
    showObjects(shown, flags, terminal); // what was found, as podman does
  }
}
