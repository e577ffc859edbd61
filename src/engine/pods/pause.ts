/** The image of a pod's infra container, which needs no registry. */

import { type Abortable, whenAborted } from "../../errors/abort.ts";
import { ImageNotFoundError } from "../../errors/not_found_errors.ts";
import { nameOf } from "../../formats/oci/reference.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import {
  findWantedImage,
  namesFor,
  type WantedImage,
} from "../images/find_image.ts";
import { loadShortNames } from "../images/short_names.ts";
import type { FetchPauseOptions } from "./fetch_pause_image.ts";

/** Whether a name means the configured pause image, however it is written. */
export async function isPauseImage(
  agent: Agent,
  { imageName = "", signal }: WantedImage & Abortable,
): Promise<boolean> {
  const { pauseImage } = agent;
  if (imageName === pauseImage) return true;
  const texts = [imageName, pauseImage];
  const conf = await loadShortNames(agent, texts, { signal });
  const [asked, pause] = texts.map((text) => namesFor(text, conf).map(nameOf));
  return asked?.some((name) => pause?.includes(name)) === true;
}

/** Running fetches of the pause image, by store. */
const underWay = new WeakMap<Store, Promise<unknown>>();

/**
 * Makes sure that the pause image is in the store. If it is there, no network is
 * used. Concurrent calls share one pull. The image is pinned, so that cleanups keep
 * it.
 *
 * @throws As `pullImage()` does.
 */
export async function ensurePauseImage(
  agent: Agent,
  { pull, signal }: FetchPauseOptions = {},
): Promise<void> {
  const { store } = agent;
  while (!await isStored(agent, { signal })) {
    const other = underWay.get(store);
    if (other !== undefined) {
      // The other call may fail by its own settings or signal: then retry.
      await Promise.race([other.catch(() => {}), whenAborted(signal)]);
      signal?.throwIfAborted();
      continue;
    }
    const own = load(agent, { pull, signal });
    underWay.set(store, own);
    try {
      await own;
      return;
    } finally {
      underWay.delete(store);
    }
  }
}

async function isStored(
  agent: Agent,
  options: Abortable,
): Promise<boolean> {
  const { store, pauseImage } = agent;
  const conf = await loadShortNames(agent, [pauseImage], options);
  using held = await store.lock({ images: "read" }, options);
  try {
    findWantedImage(held.images, { imageName: pauseImage }, conf);
    return true;
  } catch (error) {
    if (error instanceof ImageNotFoundError) return false;
    throw error;
  }
}

/** The code for pulls is loaded on demand. */
async function load(agent: Agent, options: FetchPauseOptions): Promise<void> {
  const { fetchPauseImage } = await import("./fetch_pause_image.ts");
  await fetchPauseImage(agent, options);
}
