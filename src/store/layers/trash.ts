/** Where removed files go, until no lock is held. */

import { isErrno } from "../../fs/errno.ts";
import {
  keepReserve,
  releaseReserve,
  type SpaceStore,
} from "../records/reserve.ts";
import type { Staging } from "./staging.ts";

/**
 * A place for them, made when it is asked for; what is in it goes when it is
 * disposed of.
 */
export interface Trash extends AsyncDisposable {
  /** Undefined if there is no room for one: they are to be removed at once. */
  readonly path: string | undefined;
}

/** What a place for them is made in. */
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
      staging ??= openWhereRoom(store) ?? "none";
      return staging === "none" ? undefined : staging.path;
    },
    async [Symbol.asyncDispose]() {
      if (typeof staging === "object") await staging[Symbol.asyncDispose]();
      if (reserve === "lend") keepReserve(store, { released });
    },
  };
}

function openWhereRoom(store: TrashStore): Staging | undefined {
  try {
    return store.openStaging();
  } catch (error) {
    if (isErrno(error, "ENOSPC", "EDQUOT")) return undefined;
    throw error;
  }
}
