/** `orlop image inspect`. */

import { inspectImage } from "../../../engine/images/list_images.ts";
import type { Call } from "../../command.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import { imageDetails } from "../../render/image_details.ts";
import { showObjects } from "../../render/show_objects.ts";
import type { GoStruct } from "../../render/template/go_values.ts";
import type { INSPECT_IMAGE } from "../../table/image_commands.ts";

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
