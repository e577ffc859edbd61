/** The part of `@std/fs` that orlop uses. */

export { copy, type CopyOptions } from "./copy.ts";
export { emptyDir, ensureDir, ensureDirSync } from "./dirs.ts";
export { exists, existsSync } from "./exists.ts";
export { move, type MoveOptions } from "./move.ts";
export { walk, type WalkEntry, type WalkOptions } from "./walk.ts";
