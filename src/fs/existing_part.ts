/** Finds the existing part of a path. */

import { dirname } from "@std/path";
import { isThere } from "./if_there.ts";

/** The deepest existing part of an absolute path. */
export function existingPart(path: string): string {
  return isThere(path) || path === "/" ? path : existingPart(dirname(path));
}
