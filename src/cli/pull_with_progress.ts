/** Pulls an image, and shows how far it is. */

import type { Agent } from "../engine/agent.ts";
import { pullImage, type PullOptions } from "../engine/transfer/pull_image.ts";
import type { StoredImage } from "../engine/transfer/store_sink.ts";
import type { Call, FlagValues } from "./command.ts";
import { showProgress } from "./render/progress/show_progress.ts";
import type { PROGRESS_FLAGS } from "./table/shared_flags.ts";

/** What of a call says how. */
export interface PullCall extends Pick<Call, "terminal" | "signal"> {
  readonly flags: FlagValues<typeof PROGRESS_FLAGS>;
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
  using display = showProgress(flags, terminal);
  const { onProgress: onEvent } = display;
  return await pullImage(agent, name, { ...options, onEvent, signal });
}
