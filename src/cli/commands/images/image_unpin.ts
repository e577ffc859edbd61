/** `orlop image unpin`. */

import { pinImage } from "../../../engine/images/pin_image.ts";
import type { Call } from "../../command.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { UNPIN_IMAGE } from "../../table/image_commands.ts";

/** Unpins images, also those that are pinned by patterns or as the pause image. */
export async function run(call: Call<typeof UNPIN_IMAGE>): Promise<void> {
  const { signal, terminal } = call;
  using session = openSession(call);
  const { agent } = session;
  await forEachName(call.arguments, { signal }, async (name) => {
    const options = { signal, state: "unpinned" } as const;
    terminal.print(await pinImage(agent, name, options));
  });
}
