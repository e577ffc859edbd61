/** `orlop pull`. */

import { pullImage } from "../../../engine/transfer/pull_image.ts";
import type { Call } from "../../command.ts";
import { pullOptions } from "../../input/flags/pull_options.ts";
import { forEachName } from "../../input/for_each_name.ts";
import { openSession } from "../../open_session.ts";
import { showProgress } from "../../render/progress/show_progress.ts";
import type { PULL } from "../../table/image_commands.ts";

/** Pulls images and prints their IDs. */
export async function run(call: Call<typeof PULL>): Promise<void> {
  const { flags, terminal, signal } = call;
  const options = await pullOptions(call);
  using session = openSession(call, { ifMissing: "make" });
  await forEachName(call.arguments, { signal }, async (name) => {
    const { imageId } = await pullOne(name);
    terminal.print(imageId);
  });

  async function pullOne(name: string) {
    const style = flags.quiet ? "none" : flags.progress;
    using display = showProgress(style, terminal);
    const { onProgress: onEvent } = display;
    return await pullImage(session.agent, name, {
      ...options,
      onEvent,
      signal,
    });
  }
}
