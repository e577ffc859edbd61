/** Detects changes of records without a lock: each writer leaves a token. */

import { join } from "@std/path";
import { readIfThere } from "../../fs/if_there.ts";
import type { Libc } from "../../process/libc.ts";
import type { StorePaths } from "../paths.ts";
import { versionOf } from "./record_files.ts";

/**
 * The token of the last writer of containers' records, as text to compare; empty if
 * there was none. Writers write theirs before they change anything: records that
 * were read under a lock are current as long as the token stays the same.
 */
export function readContainersToken({ containers }: StorePaths): string {
  return readToken(join(containers, "containers.lock"));
}

/**
 * The version of images' records and of those of their layers, as text to compare:
 * what was read under a lock is current as long as it stays the same.
 *
 * @returns Undefined if it is not known, as without libc.
 */
export function readImagesVersion(
  { images, layers }: StorePaths,
  libc: Libc | undefined,
): string | undefined {
  const versions = [join(layers, "layers"), join(images, "images")]
    .map((table) =>
      versionOf(`${table}.json`, { libc, token: readToken(`${table}.lock`) })
    );
  return versions.includes(undefined) ? undefined : versions.join("\n");
}

function readToken(path: string): string {
  return readIfThere(path)?.toHex() ?? "";
}
