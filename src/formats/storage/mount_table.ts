/**
 * The kernel's mount table, as it is in proc(5), and as `findmnt --json` prints
 * it: findmnt(8).
 */

import { asArray, asObject, asString, optional, parseJson } from "../json.ts";

/** A line of the mount table. */
export interface MountEntry {
  /** Where; absolute, free of symbolic links. */
  readonly target: string;
  /** What, such as `overlay` or `/dev/vda1[/var/lib/orlop/overlay]`. */
  readonly source: string;
  /** The file system, such as `overlay`. */
  readonly type: string;
  /** As the kernel lists them, such as `rw,nodev,lowerdir=…`. */
  readonly options: string;
  /** Such as `private` or `shared`. */
  readonly propagation: string;
}

/** The columns that {@linkcode parseFindmnt} wants, for `--output`. */
export const FINDMNT_COLUMNS = "TARGET,SOURCE,FSTYPE,OPTIONS,PROPAGATION";

// Hosts with thousands of containers have tens of thousands of mounts.
const MAX_SIZE = 64 * 1024 * 1024;

/**
 * Parses what `findmnt --json --output TARGET,SOURCE,FSTYPE,OPTIONS,PROPAGATION`
 * prints, as a tree or as a list; nothing at all means no mounts.
 *
 * @returns The mounts, a parent before its children.
 * @throws {SyntaxError} If the text is something else.
 */
export function parseFindmnt(text: string): readonly MountEntry[] {
  if (text.trim() === "") return [];
  const what = "the output of findmnt";
  const table = asObject(parseJson(text, what, { maxSize: MAX_SIZE }), what);
  return asArray(table["filesystems"], `"filesystems" in ${what}`)
    .flatMap((item) => flatten(item, `a mount in ${what}`));
}

function flatten(value: unknown, what: string): readonly MountEntry[] {
  const item = asObject(value, what);
  const column = (name: string) =>
    optional(item[name], `"${name}" of ${what}`, asString) ?? "";
  const entry: MountEntry = {
    target: asString(item["target"], `"target" of ${what}`),
    source: column("source"),
    type: column("fstype"),
    options: column("options"),
    propagation: column("propagation"),
  };
  const children = optional(item["children"], what, asArray) ?? [];
  return [entry, ...children.flatMap((child) => flatten(child, what))];
}

/**
 * Parses `/proc/self/mountinfo`: proc(5). What comes out is what findmnt says.
 *
 * @returns The mounts, in the kernel's order.
 * @throws {SyntaxError} If the text is something else.
 */
export function parseMountInfo(text: string): readonly MountEntry[] {
  return text.split("\n").filter((line) => line !== "").map(parseMountLine);
}

function parseMountLine(line: string): MountEntry {
  const words = line.split(" ");
  // Any number of optional fields, then the end of them.
  const end = words.indexOf("-", OPTIONAL_FIELDS);
  const [, , , root = "", target = "", options = ""] = words;
  const [type, source, superOptions] = words.slice(end + 1);
  if (end < 0 || type === undefined || source === undefined) {
    throw new SyntaxError(`Cannot read a line of the mount table: "${line}"`);
  }
  return {
    target: decodeOctal(target),
    source: decodeOctal(source) +
      (root === "/" ? "" : `[${decodeOctal(root)}]`),
    type: decodeOctal(type),
    options: mergeOptions(options, decodeOctal(superOptions ?? "")),
    propagation: propagationOf(words.slice(OPTIONAL_FIELDS, end)),
  };
}

// ID, parent, device, root, mount point and options come before.
const OPTIONAL_FIELDS = 6;

/** Blanks, line ends and backslashes are written as octal numbers. */
function decodeOctal(word: string): string {
  return word.replace(
    /\\([0-7]{3})/g,
    (_, octal) => String.fromCharCode(parseInt(octal, 8)),
  );
}

/** Those of the mount, then those of its file system; either makes it `ro`. */
function mergeOptions(...lists: readonly string[]): string {
  const words = lists.flatMap((list) => list.split(",").filter(Boolean));
  const access = words.includes("ro") ? "ro" : "rw";
  const others = words.filter((word) => word !== "ro" && word !== "rw");
  return [access, ...others].join(",");
}

function propagationOf(fields: readonly string[]): string {
  const has = (name: string) =>
    fields.some((field) => field === name || field.startsWith(`${name}:`));
  return [
    has("shared") ? "shared" : "private",
    ...(has("master") ? ["slave"] : []),
    ...(has("unbindable") ? ["unbindable"] : []),
  ].join(",");
}
