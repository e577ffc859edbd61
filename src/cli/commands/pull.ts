/** `orlop pull`. */

import { pullImage } from "../../runtime/pull_image.ts";
import type { Call } from "../command.ts";
import { forEachName } from "../for_each_name.ts";
import { openSession } from "../open_session.ts";
import { pullOptions } from "../pull_options.ts";
import { showProgress } from "../show_progress.ts";
import type { PULL } from "../table/image_commands.ts";

/** Pulls images and prints their IDs. */
export async function run(call: Call<typeof PULL>): Promise<void> {
  const { flags, terminal, signal } = call;
  const options = pullOptions(flags);
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
