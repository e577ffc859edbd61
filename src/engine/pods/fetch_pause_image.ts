/** Gets the pause image: the embedded one, or by a pull. */

import type { Abortable } from "../../errors/abort.ts";
import { NoMatchingPlatformError } from "../../errors/image_errors.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import { hostPlatform } from "../../image/choose_manifest.ts";
import { makePauseImage } from "../../image/pause_image.ts";
import { PAUSE_IMAGE_NAME } from "../../image/pause_image_name.ts";
import { setPin } from "../../store/image_records.ts";
import { openMemory } from "../../transports/memory_source.ts";
import type { Agent } from "../agent.ts";
import { pullImage, type PullOptions } from "../transfer/pull_image.ts";
import { storeImage } from "../transfer/store_image.ts";
import type { StoredImage } from "../transfer/store_sink.ts";

/** How to get the pause image. */
export interface FetchPauseOptions extends Abortable {
  readonly pull?: PullOptions | undefined;
}

/**
 * Puts the pause image into the store, and pins it.
 *
 * @throws As `pullImage()` does.
 */
export async function fetchPauseImage(
  agent: Agent,
  options: FetchPauseOptions,
): Promise<void> {
  const { store, pauseImage, log } = agent;
  const { signal } = options;
  try {
    const { imageId } = await getPauseImage(agent, options);
    using held = await store.lock({ images: "write" }, { signal });
    setPin(held.images, imageId, "pinned");
    held.images.save();
  } catch (error) {
    log(
      "warn",
      `Cannot get the pause image "${pauseImage}", which is not in the store; ` +
        `pull or load it while there is a network, or configure ` +
        `"${PAUSE_IMAGE_NAME}", which needs none`,
    );
    throw error;
  }
}

function getPauseImage(
  agent: Agent,
  { pull, signal }: FetchPauseOptions,
): Promise<StoredImage> {
  const { pauseImage } = agent;
  return pauseImage === PAUSE_IMAGE_NAME
    ? storeImage(agent, openEmbedded(), { names: [pauseImage], signal })
    : pullImage(agent, pauseImage, { ...pull, signal: signal ?? pull?.signal });
}

/**
 * Opens the pause image that is part of orlop.
 *
 * @throws {NoMatchingPlatformError} If there is none for this architecture.
 */
export function openEmbedded(): ImageSource {
  const { architecture } = hostPlatform();
  if (architecture !== "amd64" && architecture !== "arm64") {
    throw new NoMatchingPlatformError(
      `Cannot make a pause image for "${architecture}": only for amd64 and ` +
        `arm64; configure another pause image`,
    );
  }
  return openMemory(makePauseImage(architecture));
}
