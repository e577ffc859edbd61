/** What is below a directory, to compare before and after what must change nothing. */

import { join } from "@std/path";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** All that is below a directory: names, modes, contents. */
export function digestOfTree(directory: string): string {
  const hash = createHash("sha256");
  const add = (path: string) => {
    const info = lstatSync(path);
    hash.update(`${path}\0${info.mode}\0`);
    if (info.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (info.isFile()) hash.update(readFileSync(path));
    if (!info.isDirectory()) return;
    for (const name of readdirSync(path).toSorted()) add(join(path, name));
  };
  add(directory);
  return hash.digest("hex");
}
