/** How much of a path there is. */

import { dirname } from "@std/path";
import { existsSync } from "node:fs";

/** The deepest part of an absolute path that is there. */
export function existingPart(path: string): string {
  return existsSync(path) || path === "/" ? path : existingPart(dirname(path));
}
