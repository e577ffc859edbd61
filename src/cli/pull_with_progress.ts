/** Pulls an image, and shows how far it is. */

import type { Agent } from "../engine/agent.ts";
import { pullImage, type PullOptions } from "../engine/transfer/pull_image.ts";
import type { StoredImage } from "../engine/transfer/store_sink.ts";
import type { Call } from "./command.ts";
import { showProgress } from "./render/progress/show_progress.ts";
import type { PULL } from "./table/image_commands.ts";

/** What of a call says how. */
export interface PullCall extends Pick<Call, "terminal" | "signal"> {
  readonly flags: Pick<Call<typeof PULL>["flags"], "quiet" | "progress">;
  readonly options: PullOptions;
}

/**
 * Pulls an image.
 *
 * @throws As `pullImage()` does.
 */
export async function pullWithProgress(
  agent: Agent,
  name: string,
  { flags, terminal, signal, options }: PullCall,
): Promise<StoredImage> {
  const style = flags.quiet ? "none" : flags.progress;
  using display = showProgress(style, terminal);
  const { onProgress: onEvent } = display;
  return await pullImage(agent, name, { ...options, onEvent, signal });
}
