/** Checks the working directories of containers' processes. */

import { resolve } from "@std/path";
import { checkPath } from "./volumes.ts";

// Links there lead to the open files and directories of a process; during the start
// of a container these are the host's (CVE-2024-21626).
const PROCESS_PLACES = [
  /^\/proc\/(self|thread-self|\d+)\//,
  /^\/dev\/(fd|stdin|stdout|stderr)(\/|$)/,
];

/**
 * Takes a working directory in its shortest spelling.
 *
 * @throws {TypeError} If it is not absolute, or passes what a process has open.
 */
export function checkWorkingDirectory(path: string): string {
  const plain = checkPath("working directory", path);
  const names = path.split("/");
  // A later `..` leads on from where such a link leads to.
  const passed = names.map((_, index) => names.slice(0, index + 1).join("/"));
  refuseProcessPlaces(path, passed);
  return plain;
}

/**
 * Refuses a working directory that passes what a process has open.
 *
 * @param path As it was given.
 * @param places What it passes, once links and mounts are followed.
 * @throws {TypeError} If one of these is such a place.
 */
export function refuseProcessPlaces(
  path: string,
  places: readonly string[],
): void {
  const wrong = places.map((place) => resolve("/", place))
    .find((place) => PROCESS_PLACES.some((pattern) => pattern.test(place)));
  if (wrong === undefined) return;
  const what = path.startsWith(wrong) ? "" : `, "${wrong}"`;
  throw new TypeError(
    `Cannot use working directory "${path}": it points to what a process has ` +
      `open${what}, which may be the host's; name another one`,
  );
}
