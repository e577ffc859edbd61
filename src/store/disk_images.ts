/** Images on a disk: a directory of items each. */

import { dirname, join } from "@std/path";
import type { Bytes } from "../formats/bytes.ts";
import type { ImageId } from "../formats/storage/store_ids.ts";
import { isErrno } from "../fs/errno.ts";
import { statIfThere } from "../fs/if_there.ts";
import { removeTreeSync } from "../fs/remove_tree.ts";
import { syncDirectory } from "../fs/sync.ts";
import { removeIfDirectory } from "../fs/remove_tree.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import type { ImageStore, NewItems } from "./image_store.ts";
import { imageDirectory, type StorePaths } from "./paths.ts";
import { bigDataFileName, readBigData } from "./records/big_data.ts";

const RECORDED_MODE = 0o700;
// The sticky bit marks items that never had a record: left by an interrupted pull,
// not by the loss of a record.
const UNRECORDED_MODE = 0o1700;

/** Opens the images of a store. */
export function openDiskImages(paths: StorePaths): ImageStore {
  return {
    readItem: (id, key) => readItem(paths, id, key),
    writeItems: (image) => writeItems(paths, image),
    confirm: (id) => Deno.chmodSync(imageDirectory(paths, id), RECORDED_MODE),
    removeItems: (id) => removeTreeSync(imageDirectory(paths, id)),
  };
}

/** Whether an image's items were written, but no record of it ever was. */
export function isUnrecorded(directory: string): boolean {
  const mode = statIfThere(directory)?.mode ?? 0;
  return (mode & 0o7777) === UNRECORDED_MODE;
}

/** Where an item of an image lies. */
export function imageItemPath(
  paths: StorePaths,
  imageId: ImageId,
  key: string,
): string {
  return join(imageDirectory(paths, imageId), bigDataFileName(key));
}

function readItem(
  paths: StorePaths,
  id: ImageId,
  key: string,
): Bytes | undefined {
  try {
    return readBigData(imageDirectory(paths, id), key);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function writeItems(
  paths: StorePaths,
  { id, items, isRecorded }: NewItems,
): void {
  const directory = imageDirectory(paths, id);
  Deno.mkdirSync(directory, { recursive: true, mode: RECORDED_MODE });
  if (!isRecorded) Deno.chmodSync(directory, UNRECORDED_MODE);
  for (const [key, content] of items) {
    const path = join(directory, bigDataFileName(key));
    removeIfDirectory(path); // in a damaged store
    writeAtomically(path, content);
  }
  for (const changed of [directory, dirname(directory)]) syncDirectory(changed);
}
