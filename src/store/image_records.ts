/** Records of images: their names, pins, and when they were used. */

import type { ImageName } from "../formats/oci/reference.ts";
import type { ImageId } from "../formats/storage/store_ids.ts";
import type { ImageRecord } from "../formats/storage/store_record.ts";
import type { Records } from "./records/records.ts";
import type { ReadTables } from "./records/tables.ts";

// orlop's own flags: they survive when other tools rewrite the records.
const PINNED = "orlop-pinned";
const LAST_USED = "orlop-last-used";

// Repeated uses within this time are recorded once: each costs a write.
const SAME_USE_MS = 1000;

/** Records that an image is used now; the caller saves the records. */
export function noteUse(images: Records<ImageRecord>, id: ImageId): void {
  const now = new Date();
  if (!isLatest(images, id, now)) {
    setFlag(images, id, { [LAST_USED]: now.toISOString() });
  }
}

/** Whether this use was recorded a moment ago, and no other since. */
function isLatest(
  images: Records<ImageRecord>,
  id: ImageId,
  now: Date,
): boolean {
  const image = images.get(id);
  const noted = image && lastUseOf(image) || "";
  const isNew = Math.abs(now.getTime() - Date.parse(noted)) < SAME_USE_MS;
  return isNew &&
    images.records.every((other) =>
      other.id === id || (lastUseOf(other) ?? "") < noted
    );
}

/** When an image was last used, RFC 3339; undefined if that was not recorded. */
export function lastUseOf({ flags }: ImageRecord): string | undefined {
  const time = flags?.[LAST_USED];
  return typeof time === "string" ? time : undefined;
}

/** Pins or unpins an image, whatever the settings say. */
export function setPin(
  images: Records<ImageRecord>,
  id: ImageId,
  state: "pinned" | "unpinned",
): void {
  setFlag(images, id, { [PINNED]: state === "pinned" });
}

/** Whether an image was pinned or unpinned; undefined if neither. */
export function pinOf(
  { flags }: ImageRecord,
): "pinned" | "unpinned" | undefined {
  const pin = flags?.[PINNED];
  return typeof pin === "boolean" ? (pin ? "pinned" : "unpinned") : undefined;
}

function setFlag(
  images: Records<ImageRecord>,
  id: ImageId,
  flag: Readonly<Record<string, unknown>>,
): void {
  const image = images.get(id);
  if (image === undefined) return; // a container may outlive its image
  images.update({ ...image, flags: { ...image.flags, ...flag } });
}

/** Gives an image names, in front of its others; other images lose them. */
export function giveNames(
  images: Records<ImageRecord>,
  id: ImageId,
  names: readonly ImageName[],
): void {
  for (const name of names) {
    const holder = images.getByName(name);
    if (holder === undefined || holder.id === id) continue;
    images.update(withNames(holder, holder.names?.filter((n) => n !== name)));
  }
  const image = images.get(id);
  if (image === undefined) return;
  images.update(withNames(image, [...names, ...image.names ?? []]));
}

/** An image record with other names, and those in its history. */
export function withNames(
  image: ImageRecord,
  names: readonly string[] = [],
): ImageRecord {
  const unique = [...new Set(names)];
  const history = [
    ...new Set([
      ...unique,
      ...image.names ?? [],
      ...image["names-history"] ?? [],
    ]),
  ];
  const { names: _, ...rest } = image;
  return {
    ...rest,
    ...(unique.length > 0 && { names: unique }),
    ...(history.length > 0 && { "names-history": history }),
  };
}

/** Names (or IDs) of the containers made from an image. */
export function findImageUsers(
  held: Pick<ReadTables, "containers">,
  imageId: ImageId,
): readonly string[] {
  return held.containers.records
    .filter(({ image }) => image === imageId)
    .map(({ id, names }) => names?.[0] ?? id);
}
