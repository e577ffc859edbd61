/** The kernel's mount table, as `findmnt --json` prints it: findmnt(8). */

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
