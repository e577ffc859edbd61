/** Where removed files are kept until no lock is held. */

import { join } from "@std/path";
import { isErrno } from "../../fs/errno.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { clearStillTree } from "../../fs/remove_tree.ts";
import {
  keepReserve,
  releaseReserve,
  type SpaceStore,
} from "../records/reserve.ts";
import type { Staging } from "./staging.ts";

/**
 * A directory for removed files, made at its first use; disposing of it deletes
 * them.
 */
export interface Trash extends AsyncDisposable {
  /**
   * Undefined if there is no space for one: then files are to be removed at once.
   */
  readonly path: string | undefined;
}

/** The store that a trash directory is made in. */
interface TrashStore extends SpaceStore {
  openStaging(): Staging;
}

/**
 * Opens one, also where nothing is free.
 *
 * @param options `"keep"` leaves the reserve to those who only remove things.
 */
export function openTrash(
  store: TrashStore,
  { reserve = "lend" }: { readonly reserve?: "lend" | "keep" } = {},
): Trash {
  const released = reserve === "lend" ? releaseReserve(store) : 0;
  let staging: Staging | "none" | undefined;
  return {
    get path() {
      staging ??= openWhereSpace(store) ?? "none";
      return staging === "none" ? undefined : staging.path;
    },
    async [Symbol.asyncDispose]() {
      if (typeof staging === "object") {
        await clearImageLayers(staging.path);
        await staging[Symbol.asyncDispose]();
      }
      if (reserve === "lend") keepReserve(store, { released });
    },
  };
}

/**
 * The name of a layer's directory in the trash. No container writes into a layer of
 * an image, so that it can be removed faster.
 */
export function nameInTrash(id: string, kind: "container" | "image"): string {
  return `${kind === "image" ? IMAGE_PREFIX : ""}${id}`;
}

const IMAGE_PREFIX = "image-";

async function clearImageLayers(path: string): Promise<void> {
  for (const name of listIfDirectory(path)) {
    if (name.startsWith(IMAGE_PREFIX)) await clearStillTree(join(path, name));
  }
}

function openWhereSpace(store: TrashStore): Staging | undefined {
  try {
    return store.openStaging();
  } catch (error) {
    if (isErrno(error, "ENOSPC", "EDQUOT")) return undefined;
    throw error;
  }
}
