/** Where a working directory leads in a container, by links and mounts. */

import { join } from "@std/path";
import type { RuntimeMount } from "../../formats/oci/runtime_spec.ts";
import { resolveInRoot } from "../../fs/resolve_in_root.ts";
import { refuseProcessPlaces } from "../../image/working_directory.ts";

/**
 * Checks that a working directory does not lead to what a process has open. What
 * runs in the container can change it afterwards: that takes a runtime that looks.
 *
 * @param root Where the container's root is mounted.
 * @throws {TypeError} If it does, or is a loop of links.
 */
export function checkWhereItLeads(
  root: string,
  path: string,
  mounts: readonly RuntimeMount[],
): void {
  const places = visitedIn(root, path);
  const below = places.flatMap((place) =>
    mounts.flatMap((mount) => visitedBelow(root, place, mount))
  );
  refuseProcessPlaces(path, [...places, ...below]);
}

/** What a path passes, as paths below a root; a link's `..` would hide the rest. */
function visitedIn(root: string, path: string): readonly string[] {
  const visited: string[] = [];
  try {
    resolveInRoot(root, path, { onVisit: (place) => void visited.push(place) });
  } catch (error) {
    // Volumes may be where orlop itself may not read; then the names must do.
    if (!isOutOfReach(error)) throw error;
    visited.push(path);
  }
  return visited;
}

/** The same for a place that a mount provides, if it does. */
function visitedBelow(
  root: string,
  place: string,
  { type, source = "", destination }: RuntimeMount,
): readonly string[] {
  const target = resolveInRoot(root, destination).path.slice(root.length);
  const rest = restBelow(place, target || "/");
  if (rest === undefined) return [];
  if (type === "proc") return [join("/proc", rest)];
  if (type !== "bind" || !source.startsWith("/")) return [];
  const found = visitedIn(source, rest);
  // A link in a volume leads on from the container's root, not the volume's.
  return [...found, ...found.map((path) => join(source, path))];
}

function restBelow(place: string, directory: string): string | undefined {
  const prefix = directory === "/" ? "" : directory;
  if (place !== directory && !place.startsWith(`${prefix}/`)) return undefined;
  return place.slice(prefix.length);
}

function isOutOfReach(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.PermissionDenied;
}
