/** A container among those of a list, by what a person typed. */

import { ContainerNotFoundError, InUseError } from "../errors.ts";
import type { ContainerSummary } from "../runtime/list_containers.ts";

/**
 * Finds a container: by ID, name, ID of its layer, or beginning of its ID.
 *
 * @throws {ContainerNotFoundError} If there is none, or several.
 */
export function findContainer(
  containers: readonly ContainerSummary[],
  text: string,
): ContainerSummary {
  const found = containers.find(({ id }) => id === text) ??
    containers.find(({ names }) => names.includes(text)) ??
    containers.find(({ layerId }) => layerId === text);
  if (found !== undefined) return found;
  const similar = text === ""
    ? []
    : containers.filter(({ id }) => id.startsWith(text));
  const [first] = similar;
  if (first !== undefined && similar.length === 1) return first;
  const why = similar.length > 1
    ? `${similar.length} IDs begin so`
    : "no container has this name or ID";
  throw new ContainerNotFoundError(`Cannot find container "${text}": ${why}`);
}

/**
 * Refuses to act on a container that another tool has made: that tool would
 * not know.
 *
 * @throws {InUseError} Naming the tool.
 */
export function checkOwner(
  { owner }: ContainerSummary,
  { name, verb }: { readonly name: string; readonly verb: string },
): void {
  if (owner === "orlop") return;
  const tool = owner === "other" ? "another tool" : owner;
  throw new InUseError(
    `Cannot ${verb} container "${name}": it belongs to ${tool}; use that, ` +
      `or --force`,
    [owner],
  );
}
