/** Records of images: their names, pins, and when they were used. */

import type { ImageName } from "../formats/oci/reference.ts";
import type { ImageId } from "../formats/storage/store_ids.ts";
import type { ImageRecord } from "../formats/storage/store_record.ts";
import type { Records } from "./records/records.ts";
import type { ReadTables } from "./records/tables.ts";

// Flags of orlop's own: they survive when other tools rewrite the records.
const PINNED = "orlop-pinned";
const LAST_USED = "orlop-last-used";

// What is used all the time is not noted, and written, all the time.
const SAME_USE_MS = 1000;

/** Notes that an image is used now; to be saved by the caller. */
export function noteUse(images: Records<ImageRecord>, id: ImageId): void {
  const now = new Date();
  if (!isLatest(images, id, now)) {
    setFlag(images, id, { [LAST_USED]: now.toISOString() });
  }
}

/** Whether it was just noted, and nothing else since. */
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

/** When an image was last used, RFC 3339; undefined if that was not noted. */
export function lastUseOf({ flags }: ImageRecord): string | undefined {
  const time = flags?.[LAST_USED];
  return typeof time === "string" ? time : undefined;
}

/** Notes that an image is pinned, or that it is not whatever else says so. */
export function setPin(
  images: Records<ImageRecord>,
  id: ImageId,
  state: "pinned" | "unpinned",
): void {
  setFlag(images, id, { [PINNED]: state === "pinned" });
}

/** What was noted of an image's pin; undefined if nothing was. */
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

/** Gives an image names, in front of its others; who had them loses them. */
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
