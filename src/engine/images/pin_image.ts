/** Pinned images: those that no cleanup removes. */

import type { Abortable } from "../../errors/abort.ts";
import { nameOf } from "../../formats/oci/reference.ts";
import type { ImageId } from "../../formats/storage/store_ids.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import { pinOf, setPin } from "../../store/image_records.ts";
import type { Agent } from "../agent.ts";
import { findImage } from "./find_image.ts";
import { tryParse } from "./image_text.ts";
import { loadShortNames } from "./short_names.ts";

/** Whether all cleanups keep an image. */
export type PinState = "pinned" | "unpinned";

/**
 * Pins or unpins an image, persistently. Unpinning also works for images that a
 * pattern pins, and for the pause image.
 *
 * @returns The image's ID.
 * @throws {ImageNotFoundError} If there is no such image.
 */
export async function pinImage(
  agent: Agent,
  nameOrId: string,
  options: Abortable & { readonly state: PinState },
): Promise<ImageId> {
  const conf = await loadShortNames(agent, [nameOrId], options);
  using held = await agent.store.lock({ images: "write" }, options);
  const { id } = findImage(held.images, nameOrId, conf);
  setPin(held.images, id, options.state);
  held.images.save();
  return id;
}

/** Whether an image is pinned: by hand, by a pattern, or as pause image. */
export function isPinned(
  { pauseImage, pinnedImages }: Agent,
  image: ImageRecord,
): boolean {
  const pin = pinOf(image);
  if (pin !== undefined) return pin === "pinned";
  return (image.names ?? []).some((name) =>
    [pauseImage, ...pinnedImages].some((pattern) => fits(name, pattern))
  );
}

/** As in CRI-O: a name, `start*` or `*middle*`, ignoring case. */
function fits(name: string, pattern: string): boolean {
  const text = name.toLowerCase();
  const wanted = pattern.toLowerCase();
  const isOpen = wanted.endsWith("*");
  const inner = wanted.replace(/^\*/, "").replace(/\*$/, "");
  if (wanted.startsWith("*") && isOpen) return text.includes(inner);
  if (isOpen) return text.startsWith(inner);
  const reference = tryParse(pattern);
  return text === (reference ? nameOf(reference).toLowerCase() : wanted);
}
