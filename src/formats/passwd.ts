/** User and group files: passwd(5), group(5). */

/** A line of `/etc/passwd`. */
export interface PasswdEntry {
  /** Never empty. */
  readonly name: string;
  /** The user ID. */
  readonly uid: number;
  /** The ID of the primary group. */
  readonly gid: number;
  /** The home directory; `""` if none is given. */
  readonly home: string;
}

/** A line of `/etc/group`. */
export interface GroupEntry {
  /** Never empty. */
  readonly name: string;
  /** The group ID. */
  readonly gid: number;
  /** Names of the users who are in it besides those it is primary for. */
  readonly members: readonly string[];
}

// What runc takes for user and group IDs.
const MAX_ID = 2 ** 31 - 1;

/** Parses `/etc/passwd`; as in libc, malformed lines do not count. */
export function parsePasswd(text: string): readonly PasswdEntry[] {
  return fieldsOf(text).flatMap(
    ([name = "", _password, uidText = "", gidText = "", _gecos, home = ""]) => {
      const uid = parseId(uidText);
      const gid = parseId(gidText);
      if (name === "" || uid === undefined || gid === undefined) return [];
      return [{ name, uid, gid, home }];
    },
  );
}

/** Parses `/etc/group`; as in libc, malformed lines do not count. */
export function parseGroup(text: string): readonly GroupEntry[] {
  return fieldsOf(text).flatMap(
    ([name = "", _password, gidText = "", members = ""]) => {
      const gid = parseId(gidText);
      if (name === "" || gid === undefined) return [];
      return [{ name, gid, members: members.split(",").filter(Boolean) }];
    },
  );
}

/** Parses a user or group ID; `undefined` if the text is none. */
export function parseId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}

function fieldsOf(text: string): readonly (readonly string[])[] {
  return text.split("\n")
    .map((line) => line.trim())
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split(":"));
}
