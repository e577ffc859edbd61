/** `orlop untag`. */

import { untagImage } from "../../../engine/images/name_image.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import type { UNTAG } from "../../table/image_commands.ts";

/** Takes names from an image: those given, or all. */
export async function run(call: Call<typeof UNTAG>): Promise<void> {
  const { signal } = call;
  const [image, ...names] = call.arguments;
  using session = openSession(call);
  await untagImage(session.agent, image, {
    signal,
    ...(names.length > 0 ? { names } : {}),
  });
}
