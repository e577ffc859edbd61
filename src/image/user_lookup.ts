/** Looks up the user of a container: OCI image-spec v1.1, config.md, `User`. */

import {
  type GroupEntry,
  isNumeric,
  MAX_ID,
  parseGroupLine,
  parseId,
  parsePasswdLine,
} from "../formats/config/passwd.ts";

/** A user in the kernel's terms. */
export interface ResolvedUser {
  /** The user ID. */
  readonly uid: number;
  /** The ID of the primary group. */
  readonly gid: number;
  /** All groups, sorted; the primary one is always among them. */
  readonly additionalGids: readonly number[];
  /** The home directory; `/` if none is known. */
  readonly home: string;
}

/** A file that says who there is; a path in the container's root. */
export type UserFile = "etc/passwd" | "etc/group";

/** Differences from the user's entry in the files. */
export interface UserLookupOptions {
  /**
   * Further groups that the user is to be in, by name or ID.
   *
   * @default {[]}
   */
  readonly groups?: readonly string[] | undefined;
  /**
   * The primary group's ID, in place of any other; memberships stay.
   *
   * @default {the one that the user or the files name}
   */
  readonly gid?: number | undefined;
  /**
   * What becomes of the groups that `etc/group` lists the user in.
   *
   * @default {"merge"}
   */
  readonly memberships?: "merge" | "ignore" | undefined;
}

/** Reads the lines of a file; there are none if there is no such file. */
export type ReadUserFile = (path: UserFile) => AsyncIterable<string>;

// The kernel's NGROUPS_MAX.
const MAX_GROUPS = 65536;

/**
 * Looks a user up in a container's own user and group files, as podman and runc do.
 * A number is always an ID; with an explicit group, the user has no other groups.
 * Of several lines the first counts.
 *
 * @param user `name|uid[:group|gid]`; what is left out is root, or the group of
 *   the user's line in `etc/passwd`.
 * @param options Further groups, and more.
 * @throws {TypeError} If a name is unknown, or a number cannot be an ID.
 */
export async function lookUpUser(
  user: string,
  readLines: ReadUserFile,
  options: UserLookupOptions = {},
): Promise<ResolvedUser> {
  const { groups = [], memberships = "merge" } = options;
  const [userName = "", groupName, ...rest] = user.split(":");
  if (rest.length > 0) {
    throw new TypeError(`Cannot find user "${user}": expected user:group`);
  }
  const found = await findUser(userName || "0", readLines);
  const { uid, home } = found;
  const gid = options.gid ??
    (groupName ? await findGroup(groupName, readLines) : found.gid);
  const isMember = groupName === undefined && memberships === "merge";
  const others = isMember && found.name !== undefined
    ? await groupsOf(found.name, readLines)
    : [];
  const added = [];
  for (const group of groups) added.push(await findGroup(group, readLines));
  const additionalGids = [...new Set([gid, ...others, ...added])];
  if (additionalGids.length > MAX_GROUPS) {
    throw new TypeError(
      `Cannot use user "${user}": it is in ${additionalGids.length} groups, ` +
        `the kernel takes ${MAX_GROUPS}`,
    );
  }
  return {
    uid,
    gid,
    additionalGids: additionalGids.toSorted((a, b) => a - b),
    home,
  };
}

interface FoundUser {
  /** Undefined if the user is a number only. */
  readonly name: string | undefined;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

async function findUser(
  user: string,
  readLines: ReadUserFile,
): Promise<FoundUser> {
  const uid = readId("user", user);
  for await (const line of readLines("etc/passwd")) {
    const entry = parsePasswdLine(line);
    if (entry === undefined) continue;
    if (uid === undefined ? entry.name !== user : entry.uid !== uid) continue;
    // A variable cannot hold a NUL.
    const isUsable = entry.home !== "" && !entry.home.includes("\0");
    return { ...entry, home: isUsable ? entry.home : "/" };
  }
  if (uid !== undefined) return { name: undefined, uid, gid: 0, home: "/" };
  throw notFound("user", user, "passwd");
}

async function findGroup(
  group: string,
  readLines: ReadUserFile,
): Promise<number> {
  const gid = readId("group", group);
  if (gid !== undefined) return gid;
  for await (const entry of readGroups(readLines)) {
    if (entry.name === group) return entry.gid;
  }
  throw notFound("group", group, "group");
}

async function groupsOf(
  user: string,
  readLines: ReadUserFile,
): Promise<readonly number[]> {
  const gids = new Set<number>();
  for await (const { gid, members } of readGroups(readLines)) {
    if (members.includes(user)) gids.add(gid);
  }
  return [...gids];
}

async function* readGroups(
  readLines: ReadUserFile,
): AsyncIterable<GroupEntry> {
  for await (const line of readLines("etc/group")) {
    const entry = parseGroupLine(line);
    if (entry !== undefined) yield entry;
  }
}

/** The ID that a text is; `undefined` if it is a name. */
function readId(kind: "user" | "group", text: string): number | undefined {
  const id = parseId(text);
  if (id !== undefined || !isNumeric(text)) return id;
  throw new TypeError(
    `Cannot find ${kind} "${text}": an ID is a decimal number from 0 to ` +
      `${MAX_ID}`,
  );
}

function notFound(
  kind: "user" | "group",
  name: string,
  file: "passwd" | "group",
): TypeError {
  return new TypeError(
    `Cannot find ${kind} "${name}": it is not in the image's /etc/${file}`,
  );
}
