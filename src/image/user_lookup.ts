/** Finds out who a container runs as: OCI image-spec v1.1, config.md, `User`. */

import {
  type GroupEntry,
  parseGroup,
  parseId,
  parsePasswd,
  type PasswdEntry,
} from "../formats/passwd.ts";

/** A user in the kernel's terms. */
export interface ResolvedUser {
  /** The user ID. */
  readonly uid: number;
  /** The ID of the primary group. */
  readonly gid: number;
  /** Further groups, sorted. */
  readonly additionalGids: readonly number[];
  /** The home directory; `/` if none is known. */
  readonly home: string;
}

/**
 * Looks a user up in a container's own user and group files.
 *
 * @param user `name`, `uid`, `name:group` or the like; `""` means root.
 * @param readFile Reads a file of the container's root, such as `etc/passwd`;
 *   `undefined` if there is none. See `readInRoot()`.
 * @throws {TypeError} If a name, other than a number, is unknown.
 */
export async function lookUpUser(
  user: string,
  readFile: (path: string) => Promise<string | undefined>,
): Promise<ResolvedUser> {
  const [userName = "", groupName, ...rest] = user.split(":");
  if (rest.length > 0) {
    throw new TypeError(`Cannot find user "${user}": expected user:group`);
  }
  const entry = findUser(
    userName || "0",
    parsePasswd(await readFile("etc/passwd") ?? ""),
  );
  const groups = parseGroup(await readFile("etc/group") ?? "");
  const { uid, home } = entry;
  // As in runc: who names a group gets that one only.
  return groupName
    ? { uid, gid: findGroup(groupName, groups), additionalGids: [], home }
    : { uid, gid: entry.gid, additionalGids: groupsOf(entry, groups), home };
}

function findUser(user: string, entries: readonly PasswdEntry[]): PasswdEntry {
  const uid = parseId(user);
  const entry = entries.find((one) => one.name === user || one.uid === uid);
  if (entry !== undefined) return { ...entry, home: entry.home || "/" };
  if (uid !== undefined) return { name: "", uid, gid: 0, home: "/" };
  throw new TypeError(
    `Cannot find user "${user}": it is not in the image's /etc/passwd`,
  );
}

function findGroup(group: string, entries: readonly GroupEntry[]): number {
  const id = parseId(group);
  const entry = entries.find((one) => one.name === group || one.gid === id);
  const gid = entry?.gid ?? id;
  if (gid !== undefined) return gid;
  throw new TypeError(
    `Cannot find group "${group}": it is not in the image's /etc/group`,
  );
}

function groupsOf(
  { name, gid }: PasswdEntry,
  groups: readonly GroupEntry[],
): readonly number[] {
  const gids = groups
    .filter(({ members }) => name !== "" && members.includes(name))
    .map((group) => group.gid)
    .filter((other) => other !== gid);
  return [...new Set(gids)].toSorted((a, b) => a - b);
}
