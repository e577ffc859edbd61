/** `orlop image pin`. */

import { pinImage } from "../../../engine/images/pin_image.ts";
import type { Call } from "../../command.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import type { PIN_IMAGE } from "../../table/image_commands.ts";

/** Pins images: no cleanup removes them, and rmi only by force. */
export async function run(call: Call<typeof PIN_IMAGE>): Promise<void> {
  const { signal, terminal } = call;
  using session = openSession(call);
  const { agent } = session;
  await forEachName(call.arguments, { signal }, async (name) => {
    const options = { signal, state: "pinned" } as const;
    terminal.print(await pinImage(agent, name, options));
  });
}
