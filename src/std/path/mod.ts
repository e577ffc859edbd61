/** The part of `@std/path` that orlop uses, by `node:path/posix`. */

export {
  basename,
  dirname,
  extname,
  isAbsolute,
  join,
  normalize,
  relative,
  resolve,
} from "node:path/posix";
export { fileURLToPath as fromFileUrl } from "node:url";
export { pathToFileURL as toFileUrl } from "node:url";
