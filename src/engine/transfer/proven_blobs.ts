/**
 * Blobs that are proven to hold the content of a stored layer. A layer's ID comes
 * from the diff IDs of a config, which may be forged: scanners of registries see
 * the blobs of the manifest, so exactly these must be stored. A new blob is fetched
 * once, which proves it.
 */

import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import type { Records } from "../../store/records/records.ts";
import type { NeededLayer } from "./receive_layer.ts";

/** The identity of a blob: its declared size may be false, too. */
type BlobIdentity = Pick<Descriptor, "digest" | "size">;

// orlop's own flag: other tools keep it when they rewrite the records.
const PROVEN = "orlop-proven-blobs";
// Repeated recompression of one layer must not make the table grow.
const MAX_PROVEN = 16;

/** Whether a stored layer is proven to have the content of a blob. */
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

/** Records that a stored layer came from a blob. The caller saves the records. */
export function noteProven(
  layers: Records<LayerRecord>,
  record: LayerRecord,
  { digest, size }: BlobIdentity,
): void {
  const blobs = [{ digest, size }, ...provenBlobsOf(record)];
  const flags = { ...record.flags, [PROVEN]: blobs.slice(0, MAX_PROVEN) };
  layers.update({ ...record, flags });
}

/** Other tools write 0 or -1 for an unknown size. */
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
