/** What belongs to an artifact: OCI image-spec v1.1, manifest.md, guidelines. */

import { asArray, asObject, optional, parseJson } from "../json.ts";
import type { Descriptor } from "./descriptor.ts";
import { DOCKER_CONFIG, OCI_CONFIG, OCI_MANIFEST } from "./media_types.ts";
import { asDescriptor } from "./read_descriptor.ts";

/**
 * Lists the blobs of a manifest that is of OCI's, but of no image: signatures, bills
 * of materials, charts.
 *
 * @returns Undefined if it is that of an image, or anything else.
 * @throws {SyntaxError} If it is malformed.
 */
export function listBlobs(
  bytes: Uint8Array,
): readonly Descriptor[] | undefined {
  const what = "manifest";
  const document = asObject(parseJson(bytes, what), what);
  const { mediaType = OCI_MANIFEST } = document;
  if (mediaType !== OCI_MANIFEST || document["config"] === undefined) {
    return undefined;
  }
  const config = asDescriptor(document["config"], `${what}, config`);
  const isImage = [OCI_CONFIG, DOCKER_CONFIG].includes(config.mediaType);
  if (isImage) return undefined;
  const layers = optional(document["layers"], `${what}, layers`, asArray) ?? [];
  return [
    config,
    ...layers.map((layer) => asDescriptor(layer, `${what}, layers`)),
  ];
}
