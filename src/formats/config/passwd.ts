/**
 * User and group files, line by line: passwd(5), group(5). Lines are parsed as in
 * podman and runc, so that all tools see the same users; except that a line with an
 * invalid ID is ignored, which those treat as root's.
 */

/** A line of `/etc/passwd`. */
export interface PasswdEntry {
  /** Never empty. */
  readonly name: string;
  /** The user ID. */
  readonly uid: number;
  /** The ID of the primary group; 0 if none is given. */
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

/** The largest ID that podman and runc take as a number. */
export const MAX_ID = 2 ** 31 - 1;
// The largest one of the kernel's: -1 is none.
const MAX_LISTED_ID = 2 ** 32 - 2;

/** Parses a line of `/etc/passwd`; `undefined` if it names no user. */
export function parsePasswdLine(line: string): PasswdEntry | undefined {
  const [name = "", _password, uidText = "", gidText = "", _gecos, home = ""] =
    line.trim().split(":");
  const uid = parseId(uidText, MAX_LISTED_ID);
  const gid = gidText === "" ? 0 : parseId(gidText, MAX_LISTED_ID);
  if (name === "" || uid === undefined || gid === undefined) return undefined;
  return { name, uid, gid, home };
}

/** Parses a line of `/etc/group`; `undefined` if it names no group. */
export function parseGroupLine(line: string): GroupEntry | undefined {
  const [name = "", _password, gidText = "", members = ""] = line.trim()
    .split(":");
  const gid = parseId(gidText, MAX_LISTED_ID);
  if (name === "" || gid === undefined) return undefined;
  return { name, gid, members: members.split(",").filter(Boolean) };
}

/** Parses an ID as podman does: decimal, with or without a sign. */
export function parseId(text: string, max = MAX_ID): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const id = Number(text);
  return id >= 0 && id <= max ? Math.abs(id) : undefined; // no -0
}

/**
 * Whether a text is meant as a number, in any spelling: such a text is never
 * the name of a user or group, whatever an image's files say.
 */
export function isNumeric(text: string): boolean {
  const isOfDigits = /\p{N}/u.test(text) && !/\p{L}/u.test(text);
  return isOfDigits || OTHER_BASES.test(text) || EXPONENT.test(text);
}

const OTHER_BASES = /^\s*[+-]?0(x[0-9a-f_]+|o[0-7_]+|b[01_]+)\s*$/i;
const EXPONENT = /^\s*[+-]?[0-9_.]+e[+-]?[0-9_]+\s*$/i;
