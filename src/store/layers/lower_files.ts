/**
 * Which layers lie below a layer, nearest first. `lower` has their short names;
 * `lower-layers`, which containers/storage prefers since 1.63, has their IDs.
 */

import { basename, dirname, join } from "@std/path";
import { DamagedFileError } from "../../errors/store_errors.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { readLinkIfThere, readTextIfThere } from "../../fs/if_there.ts";
import { layerDirectory, type StorePaths } from "../paths.ts";
import { readShortName } from "./layer_files.ts";

/** The texts of the two files of a layer. */
export interface LowerTexts {
  readonly lower: string;
  /** Undefined if a short name cannot be resolved: then there is no such file. */
  readonly lowerLayers: string | undefined;
}

// The maximum that older versions of containers/storage mount.
const MAX_LOWERS = 128;

/**
 * Reads which directories lie below a layer: relative to the driver's home,
 * `ID/diff` or, of a layer that an older tool made, `l/NAME`.
 */
export function readLower(paths: StorePaths, layerId: LayerId): string[] {
  return readEntries(paths, layerId, "lower-layers")
    ?.map((id) => `${id}/diff`) ?? readShortLower(paths, layerId);
}

/** The same, by short names only. */
export function readShortLower(paths: StorePaths, layerId: LayerId): string[] {
  return readEntries(paths, layerId, "lower") ?? [];
}

/**
 * Reads the IDs of the layers below a layer, as they are written: they need not
 * be IDs.
 *
 * @returns Undefined if a short name leads nowhere.
 */
export function readLowerIds(
  paths: StorePaths,
  layerId: LayerId,
): readonly string[] | undefined {
  const ids = readEntries(paths, layerId, "lower-layers");
  if (ids !== undefined) return ids;
  const found = readShortLower(paths, layerId)
    .map((name) => readOwner(join(paths.home, name)));
  return found.every((id) => id !== undefined) ? found : undefined;
}

/**
 * Makes the texts for a layer that is put on another.
 *
 * @throws {DamagedFileError} If that one has no short name.
 * @throws {RangeError} If they are too many.
 */
export function makeLower(paths: StorePaths, parent: LayerId): LowerTexts {
  const directory = layerDirectory(paths, parent);
  const name = readShortName(directory);
  if (name === undefined) {
    const path = join(directory, "link");
    throw new DamagedFileError(
      `Cannot stack a layer on "${parent}": "${path}" holds no short name`,
      { path },
    );
  }
  const lower = [`l/${name}`, ...readShortLower(paths, parent)];
  if (lower.length > MAX_LOWERS) {
    throw new RangeError(
      `Cannot stack a layer on "${parent}": that has ${lower.length} layers, ` +
        `at most ${MAX_LOWERS} can be mounted`,
    );
  }
  const ids = readLowerIds(paths, parent);
  return {
    lower: lower.join(":"),
    lowerLayers: ids && [parent, ...ids].join(":"),
  };
}

function readEntries(
  paths: StorePaths,
  layerId: LayerId,
  name: "lower" | "lower-layers",
): string[] | undefined {
  const path = join(layerDirectory(paths, layerId), name);
  return readTextIfThere(path)?.split(":");
}

/** Which layer a short link leads to: `../ID/diff`. */
function readOwner(link: string): string | undefined {
  const target = readLinkIfThere(link);
  return target === undefined ? undefined : basename(dirname(target));
}
