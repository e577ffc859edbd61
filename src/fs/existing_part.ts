/** How much of a path there is. */

import { dirname } from "@std/path";
import { isThere } from "./if_there.ts";

/** The deepest part of an absolute path that is there. */
export function existingPart(path: string): string {
  return isThere(path) || path === "/" ? path : existingPart(dirname(path));
}
