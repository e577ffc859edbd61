/**
 * Which blobs are known to hold what a stored layer holds. A layer's ID comes from
 * the diff IDs that a config lists, and a config may list whatever it likes: whoever
 * looks at a registry sees the blobs of the manifest, so those it is that must be in
 * the store. A blob that never was here is fetched, and so proven, once.
 */

import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import type { Records } from "../../store/records/records.ts";
import type { NeededLayer } from "./receive_layer.ts";

/** What tells a blob from others: its size may be a lie, too. */
type BlobIdentity = Pick<Descriptor, "digest" | "size">;

// A flag of orlop's own: other tools keep it when they rewrite the records.
const PROVEN = "orlop-proven-blobs";
// Who packs one layer again again and again must not make the table grow.
const MAX_PROVEN = 16;

/** Whether a stored layer is what comes out of the blob that an image needs. */
export function isProven(
  record: LayerRecord,
  { blob, diffId }: Pick<NeededLayer, "blob" | "diffId">,
): boolean {
  if (record["diff-digest"] !== diffId) return false;
  return [
    {
      digest: record["compressed-diff-digest"],
      size: record["compressed-size"],
    },
    { digest: diffId, size: record["diff-size"] },
    ...provenBlobsOf(record),
  ].some(({ digest, size }) => digest === blob.digest && fits(size, blob.size));
}

/** Records that a stored layer is what came out of a blob. To be saved. */
export function noteProven(
  layers: Records<LayerRecord>,
  record: LayerRecord,
  { digest, size }: BlobIdentity,
): void {
  const blobs = [{ digest, size }, ...provenBlobsOf(record)];
  const flags = { ...record.flags, [PROVEN]: blobs.slice(0, MAX_PROVEN) };
  layers.update({ ...record, flags });
}

/** Other tools do not know every size: they write 0, or -1. */
function fits(known: number | undefined, size: number): boolean {
  return known === undefined || known <= 0 || known === size;
}

function provenBlobsOf({ flags }: LayerRecord): readonly BlobIdentity[] {
  const noted = flags?.[PROVEN];
  return Array.isArray(noted) ? noted.filter(isBlobIdentity) : [];
}

function isBlobIdentity(value: unknown): value is BlobIdentity {
  return typeof value === "object" && value !== null &&
    "digest" in value && typeof value.digest === "string" &&
    "size" in value && typeof value.size === "number";
}
