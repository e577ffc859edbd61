/** How well layers are to be compressed, as flags say it. */

import {
  MAX_LEVELS,
  type PackedFormat,
} from "../../../formats/compression/compress.ts";
import { UsageError } from "../../usage_error.ts";

/**
 * Checks a level against the format that it is of.
 *
 * @param flag Its name, for errors.
 * @throws {UsageError} If the format has no such level.
 */
export function checkLevel(
  flag: string,
  level: number | undefined,
  format: PackedFormat = "gzip",
): void {
  const max = MAX_LEVELS[format];
  if (level === undefined || (level >= 1 && level <= max)) return;
  throw new UsageError(
    `Cannot use "--${flag} ${level}": it is 1 to ${max} for ${format}`,
  );
}
