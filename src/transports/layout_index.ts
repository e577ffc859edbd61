/** The index of a layout, as it changes: OCI image-spec v1.1, image-layout.md. */

import type { RawManifest } from "../formats/oci/blob_source.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import { OCI_INDEX } from "../formats/oci/media_types.ts";
import { REF_NAME } from "./layout_source.ts";

/** What stands in `oci-layout`. */
export const LAYOUT_VERSION: string = JSON.stringify({
  imageLayoutVersion: "1.0.0",
});

/** Makes the entry of an image, which may have a name. */
export function describeEntry(
  { mediaType, digest, bytes }: RawManifest,
  ref: string | undefined,
): Descriptor {
  return {
    mediaType,
    digest,
    size: bytes.byteLength,
    ...(ref !== undefined && { annotations: { [REF_NAME]: ref } }),
  };
}

/**
 * A name moves from an image that has it, which stays without one; an image
 * without a name is not listed twice. So does containers/image.
 */
export function addEntry(
  entries: readonly Descriptor[],
  entry: Descriptor,
): readonly Descriptor[] {
  const name = entry.annotations?.[REF_NAME];
  const others = entries
    .map((other) =>
      name !== undefined && other.annotations?.[REF_NAME] === name
        ? withoutName(other)
        : other
    )
    .filter((other) =>
      other.digest !== entry.digest || other.annotations?.[REF_NAME]
    );
  return [...others, entry];
}

function withoutName({ annotations = {}, ...entry }: Descriptor): Descriptor {
  const { [REF_NAME]: _, ...rest } = annotations;
  return Object.keys(rest).length === 0
    ? entry
    : { ...entry, annotations: rest };
}

/** What stands in `index.json`. */
export function encodeIndex(manifests: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
}
