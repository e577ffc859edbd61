/** Finds the manifest that a name stands for, without its image. */

import type { Abortable } from "../../errors/abort.ts";
import { ImageNotFoundError } from "../../errors/not_found_errors.ts";
import type { RawManifest } from "../../formats/oci/blob_source.ts";
import { isIndexType } from "../../formats/oci/media_types.ts";
import { asObject, parseJson } from "../../formats/json.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import { hasTransport } from "../../formats/oci/transport_reference.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import type { Agent } from "../agent.ts";
import { findImage } from "../images/find_image.ts";
import { loadShortNames } from "../images/short_names.ts";
import { openSource } from "../media/open_source.ts";

/**
 * Fetches the manifest or index of an image, unchanged. As in podman, a name
 * without a transport refers to a list of this store, if there is one.
 *
 * @throws As `pullImage()` does, for what it needs.
 */
export async function lookUpManifest(
  agent: Agent,
  name: string,
  options: RegistryOptions = {},
): Promise<RawManifest> {
  const list = await findList(agent, name, options);
  if (list !== undefined) return list;
  const onWarning = (message: string) => agent.log("warn", message);
  const verb = "inspect";
  const opening = { ...agent.registries, onWarning, ...options, verb } as const;
  await using opened = await openSource(agent, name, opening);
  return await opened.source.fetchManifest(undefined, options);
}

/**
 * Finds a list that `podman manifest create` made, not the manifest of an image.
 */
async function findList(
  agent: Agent,
  name: string,
  options: Abortable,
): Promise<RawManifest | undefined> {
  if (hasTransport(name)) return undefined;
  const conf = await loadShortNames(agent, [name], options);
  using held = await agent.store.lock({ images: "read" }, options);
  try {
    const image = findImage(held.images, name, conf);
    const bytes = agent.store.images.readItem(image.id, "manifest");
    if (bytes === undefined) return undefined;
    const what = `manifest of image "${name}"`;
    const mediaType = asObject(parseJson(bytes, what), what)["mediaType"];
    const isList = typeof mediaType === "string" && isIndexType(mediaType);
    return isList ? { bytes, mediaType, digest: digestOf(bytes) } : undefined;
  } catch (error) {
    // A missing or other manifest is not a list.
    const isNone = error instanceof ImageNotFoundError ||
      error instanceof SyntaxError;
    if (isNone) return undefined;
    throw error;
  }
}
