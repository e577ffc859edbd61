/** The ID mappings of a user namespace in a request. */

import type { IdRange, UserMap } from "../../formats/storage/user_map.ts";
import {
  type IDMapping,
  NamespaceMode,
  type NamespaceOption,
} from "../api/api_pb.js";

/**
 * Reads the users of a pod's, or a container's, own user namespace.
 *
 * @returns Undefined if it is the host's.
 * @throws {TypeError} If it is invalid.
 */
export function usersOf(
  options: Pick<NamespaceOption, "usernsOptions"> | undefined,
): UserMap | undefined {
  const asked = options?.usernsOptions;
  if (asked === undefined) return undefined;
  const { mode, uids, gids } = asked;
  switch (mode) {
    case NamespaceMode.POD:
      return readUsers({ uids, gids }, "Cannot use a user namespace");
    case NamespaceMode.NODE:
      if (uids.length + gids.length === 0) return undefined;
      throw new TypeError(
        "Cannot use a user namespace: there are users for one, but it is the " +
          "host's",
      );
    case NamespaceMode.CONTAINER:
    case NamespaceMode.TARGET:
      throw new TypeError(
        "Cannot use a user namespace: it is the pod's or the host's, not a " +
          "container's",
      );
  }
  throw new TypeError(
    `Cannot use a user namespace: mode ${String(mode)} is unknown`,
  );
}

/**
 * Checks that a container has the users of its pod, or says nothing about them.
 *
 * @throws {TypeError} If it is invalid.
 */
export function checkUsers(
  options: Pick<NamespaceOption, "usernsOptions"> | undefined,
  pods: UserMap | undefined,
): void {
  if (options?.usernsOptions === undefined) return;
  const users = usersOf(options);
  const isSame = (one: IdRange | undefined, other: IdRange | undefined) =>
    one?.first === other?.first && one?.count === other?.count;
  if (isSame(users?.uids, pods?.uids) && isSame(users?.gids, pods?.gids)) {
    return;
  }
  throw new TypeError(
    "Cannot use a user namespace: the pod has another one, or none",
  );
}

/**
 * Reads users: one range each, which has to have a root.
 *
 * @param prefix How messages begin.
 * @throws {TypeError} If there are others.
 */
export function readUsers(
  { uids, gids }: {
    readonly uids: readonly IDMapping[];
    readonly gids: readonly IDMapping[];
  },
  prefix: string,
): UserMap {
  return { uids: read(uids, "users"), gids: read(gids, "groups") };

  function read(mappings: readonly IDMapping[], what: string): IdRange {
    const [mapping, ...others] = mappings;
    if (mapping === undefined || others.length > 0) {
      throw new TypeError(
        `${prefix}: expected one range of ${what}, not ${mappings.length}`,
      );
    }
    const { containerId, hostId, length } = mapping;
    if (containerId !== 0) {
      throw new TypeError(
        `${prefix}: its ${what} begin with ${containerId}, so ID 0 is not mapped`,
      );
    }
    if (length === 0) throw new TypeError(`${prefix}: it has no ${what}`);
    return { first: hostId, count: length };
  }
}
