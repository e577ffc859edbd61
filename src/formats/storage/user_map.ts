/** ID mappings of user namespaces: user_namespaces(7). */

import { asArray, asInteger, asObject } from "../json.ts";

/** The host IDs of users and groups 0, 1, 2, … of a user namespace. */
export interface UserMap {
  /** Its users. */
  readonly uids: IdRange;
  /** Its groups. */
  readonly gids: IdRange;
}

/** IDs of the host that follow one another. */
export interface IdRange {
  /** The first ID, which maps to 0. */
  readonly first: number;
  /** The number of IDs. */
  readonly count: number;
}

/** The owner of a file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Members of records in a store: containers/storage has them of mapped layers. */
export interface MapMembers {
  readonly uidmap: readonly MapEntry[];
  readonly gidmap: readonly MapEntry[];
}

/** IDs that follow one another, as containers/storage writes them. */
export interface MapEntry {
  readonly "container_id": number;
  readonly "host_id": number;
  readonly size: number;
}

/**
 * Maps an owner in a user namespace to the host; an unmapped owner stays unmapped.
 */
export function toHostOwner(
  { uids, gids }: UserMap,
  { uid, gid }: Owner,
): Owner {
  return { uid: toHostId(uids, uid), gid: toHostId(gids, gid) };
}

function toHostId({ first, count }: IdRange, id: number): number {
  return id < count ? first + id : id;
}

/** A line of `/proc/PID/uid_map`. */
export function formatIdRange({ first, count }: IdRange): string {
  return `0 ${first} ${count}`;
}

/** The members of a record. */
export function toMapMembers({ uids, gids }: UserMap): MapMembers {
  return { uidmap: [toEntry(uids)], gidmap: [toEntry(gids)] };
}

function toEntry({ first, count }: IdRange): MapEntry {
  return { "container_id": 0, "host_id": first, size: count };
}

/**
 * Reads the members of a record.
 *
 * @returns Undefined if its users are the host's.
 * @throws {SyntaxError} If they are malformed, or more than one range each.
 */
export function readUserMap(
  record: { readonly id: string; readonly [member: string]: unknown },
): UserMap | undefined {
  const what = `the IDs of layer "${record.id}"`;
  const { uidmap, gidmap } = record;
  const [uids, gids] = [uidmap, gidmap]
    .map((member) => asArray(member ?? [], what));
  if (uids === undefined || gids === undefined) return undefined;
  if (uids.length + gids.length === 0) return undefined;
  return { uids: readRange(uids, what), gids: readRange(gids, what) };
}

function readRange(entries: readonly unknown[], what: string): IdRange {
  const [entry, ...others] = entries;
  const { container_id: start, host_id: first, size } = asObject(entry, what);
  if (others.length === 0 && start === 0) {
    return { first: asInteger(first, what), count: asInteger(size, what) };
  }
  throw new SyntaxError(`Cannot use ${what}: expected one range, from 0 on`);
}
