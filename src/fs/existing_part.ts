/** How much of a path there is. */

import { existsSync } from "node:fs";
import { dirname } from "@std/path";

/** The deepest part of an absolute path that is there. */
export function existingPart(path: string): string {
  return existsSync(path) || path === "/" ? path : existingPart(dirname(path));
}
