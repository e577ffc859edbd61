/** Where removed files go, until no lock is held. */

import { isErrno } from "../../fs/errno.ts";
import { keepReserve, releaseReserve } from "../records/reserve.ts";
import type { Store } from "../store.ts";

/** A place for them; what is in it goes when it is disposed of. */
export interface Trash extends AsyncDisposable {
  /** Undefined if there is no room for one: they are to be removed at once. */
  readonly path: string | undefined;
}

/** Opens one, also where nothing is free. */
export function openTrash(store: Store): Trash {
  const released = releaseReserve(store.paths);
  const staging = openWhereRoom(store);
  return {
    path: staging?.path,
    async [Symbol.asyncDispose]() {
      await staging?.[Symbol.asyncDispose]();
      keepReserve(store.paths, { released });
    },
  };
}

function openWhereRoom(store: Store) {
  try {
    return store.openStaging();
  } catch (error) {
    if (isErrno(error, "ENOSPC", "EDQUOT")) return undefined;
    throw error;
  }
}
