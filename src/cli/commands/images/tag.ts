/** `orlop tag`. */

import { tagImage } from "../../../engine/images/name_image.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import type { TAG } from "../../table/image_commands.ts";

/** Gives an image names. */
export async function run(call: Call<typeof TAG>): Promise<void> {
  const [image, ...names] = call.arguments;
  using session = openSession(call);
  for (const name of names) {
    await tagImage(session.agent, image, { name, signal: call.signal });
  }
}
