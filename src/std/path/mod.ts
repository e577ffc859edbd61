/** The part of `@std/path` that orlop uses, by `node:path/posix`. */

import { basename as nodeBasename } from "node:path/posix";
import { pathToFileURL } from "node:url";

export {
  dirname,
  extname,
  isAbsolute,
  join,
  normalize,
  relative,
  resolve,
} from "node:path/posix";
export { fileURLToPath as fromFileUrl } from "node:url";

/** Returns a path's last part, without `suffix`, if it ends so: `/` of `/`. */
export function basename(path: string, suffix = ""): string {
  const name = nodeBasename(path);
  if (name === "") return path.slice(0, 1);
  return name.length > suffix.length ? nodeBasename(name, suffix) : name;
}

/**
 * Returns the `file:` address of an absolute path.
 *
 * @throws {TypeError} If the path is relative.
 */
export function toFileUrl(path: string): URL {
  if (!path.startsWith("/")) {
    throw new TypeError(`Path must be absolute: received "${path}"`);
  }
  return pathToFileURL(path);
}
