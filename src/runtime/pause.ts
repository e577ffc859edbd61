/** The image of a pod's infra container, which needs no registry. */

import type { Abortable } from "../abort.ts";
import { ImageNotFoundError, RegistryError } from "../errors.ts";
import type { ImageSource } from "../formats/blob_source.ts";
import { nameOf } from "../formats/reference.ts";
import { hostPlatform } from "../image/choose_manifest.ts";
import { makePauseImage, PAUSE_IMAGE_NAME } from "../image/pause_image.ts";
import type { Agent } from "./agent.ts";
import { findWantedImage, tryParse, type WantedImage } from "./find_image.ts";
import { openAnyBlob } from "./open_any_blob.ts";
import { pullImage, type PullOptions } from "./pull_image.ts";
import { storeImage } from "./store_image.ts";

/** Whether a name means the configured pause image, however it is written. */
export function isPauseImage(
  { pauseImage }: Agent,
  { imageName = "" }: WantedImage,
): boolean {
  if (imageName === pauseImage) return true;
  const reference = tryParse(imageName);
  const pause = tryParse(pauseImage);
  return reference !== undefined && pause !== undefined &&
    nameOf(reference) === nameOf(pause);
}

/** How to get the pause image. */
export interface EnsurePauseOptions extends Abortable {
  readonly pull?: PullOptions | undefined;
}

/**
 * Makes sure that the pause image is in the store. With it there, nothing is
 * asked of any network.
 *
 * @throws As `pullImage()` does.
 */
export async function ensurePauseImage(
  agent: Agent,
  { pull, signal }: EnsurePauseOptions = {},
): Promise<void> {
  const { pauseImage } = agent;
  if (await isStored(agent, { signal })) return;
  if (pauseImage !== PAUSE_IMAGE_NAME) {
    await pullImage(agent, pauseImage, { ...pull, signal });
    return;
  }
  await storeImage(agent, openEmbedded(), { names: [pauseImage], signal });
}

async function isStored(
  { store, pauseImage }: Agent,
  options: Abortable,
): Promise<boolean> {
  using held = await store.lock({ images: "read" }, options);
  try {
    findWantedImage(held.images, { imageName: pauseImage });
    return true;
  } catch (error) {
    if (error instanceof ImageNotFoundError) return false;
    throw error;
  }
}

/** The pause image that is part of orlop, as a source. */
function openEmbedded(): ImageSource {
  const { architecture } = hostPlatform();
  if (architecture !== "amd64" && architecture !== "arm64") {
    throw new RegistryError(
      `Cannot make a pause image for "${architecture}": only for amd64 and ` +
        `arm64; configure another pause image`,
    );
  }
  const { manifest, blobs } = makePauseImage(architecture);
  const access = { kind: "memory", blobs } as const;
  return {
    access,
    fetchManifest: () => Promise.resolve(manifest),
    open: (blob, options) => openAnyBlob(access, blob, options),
  };
}
