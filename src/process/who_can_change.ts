/** Whether another user could change the file at a path. */

// Not node:fs: it would double the time that all commands take to start.
import { dirname } from "@std/path";

const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Finds users besides root and this process's user who could change or replace a
 * file: checks the file and each folder of its path.
 *
 * @param path Absolute, existing.
 * @returns Why it is not trusted, as the end of a sentence; undefined if nobody
 *   else can.
 */
export function findOtherWriter(path: string): string | undefined {
  const real = Deno.realPathSync(path);
  const ways = real === path ? [path] : [path, real];
  return ways.flatMap(wayTo)
    .map(describeOtherWriter)
    .find((found) => found !== undefined);
}

/** The folders from the root on, and the path itself. */
function wayTo(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...wayTo(parent), path];
}

function describeOtherWriter(path: string): string | undefined {
  const { uid, mode, isSymlink, isCharDevice } = Deno.lstatSync(path);
  if (uid === null || mode === null) return undefined; // not so on Linux
  if (uid !== 0 && uid !== Deno.uid()) {
    return `"${path}" belongs to user ${uid}`;
  }
  // Only the owner can change a symbolic link; writes to /dev/null have no effect.
  if (isSymlink || isCharDevice === true) return undefined;
  if ((mode & GROUP_OR_OTHERS_WRITE) === 0) return undefined;
  // In a sticky folder others cannot replace what is not theirs.
  if ((mode & STICKY) !== 0 && uid === 0) return undefined;
  return `others can write to "${path}"`;
}
