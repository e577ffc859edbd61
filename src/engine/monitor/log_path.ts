/** Checks the paths of logs that conmon writes. */

import { isAbsolute, normalize } from "@std/path";
import { whyOf } from "../../errors/why.ts";
import { lstatIfThere } from "../../fs/if_there.ts";

// conmon treats the text after one as an option.
const SEPARATOR = ":";
const MAX_LENGTH = 4095; // PATH_MAX, without its NUL

/**
 * Checks the path of a log: root writes it, in a folder that a container may be
 * able to change.
 *
 * @throws {TypeError} If conmon cannot write there, or must not: through a link,
 *   into a device or a FIFO.
 */
export function checkLogPath(path: string): void {
  const why = whyNot(path);
  if (why === undefined) return;
  throw new TypeError(`Cannot write the log "${path}": ${why}`);
}

function whyNot(path: string): string | undefined {
  if (!isAbsolute(path)) return "its path is not absolute";
  if (normalize(path) !== path || path.endsWith("/")) {
    return "its path is not in its shortest form";
  }
  if (path.includes("\0")) return "its path has a NUL";
  if (path.includes(SEPARATOR)) return `its path has a "${SEPARATOR}"`;
  if (new TextEncoder().encode(path).length > MAX_LENGTH) {
    return "its path is too long";
  }
  try {
    const found = lstatIfThere(path);
    if (found === undefined || found.isFile) return undefined;
    return "it exists and is not a file";
  } catch (error) {
    return whyOf(error); // such as of /proc, where orlop may not look
  }
}
