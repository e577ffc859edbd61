/** `--filter` of `orlop ps`, with podman's keys and orlop's own. */

import { CONTAINER_OWNERS } from "../../../engine/container_owner.ts";
import { CONTAINER_STATES } from "../../../engine/containers/container_status.ts";
import type { ContainerSummary } from "../../../engine/containers/list_containers.ts";
import { imageOf, type ReadSpec } from "../../render/container_columns.ts";
import { labelsOf } from "../../render/describe_spec.ts";
import {
  checkNamePattern,
  hasPair,
  matchesPattern,
  oneOf,
  readFilters,
} from "./read_filters.ts";

const CHECKS = {
  name: checkNamePattern,
  status: oneOf(CONTAINER_STATES),
  owner: oneOf(CONTAINER_OWNERS),
  exited: (value: string) =>
    /^(\d{1,3}|unknown)$/.test(value)
      ? undefined
      : 'write an exit code, or "unknown"',
};

/**
 * Reads filters.
 *
 * @throws {UsageError} If one makes no sense.
 */
export function readContainerFilters(
  texts: readonly string[],
  readSpec: ReadSpec,
): (container: ContainerSummary) => boolean {
  return readFilters<ContainerSummary>(texts, {
    name: ({ names }, value) => names.some((n) => matchesPattern(n, value)),
    id: ({ id }, value) => id.startsWith(value),
    pod: ({ metadata }, value) =>
      metadata?.podName === value || metadata?.podId === value,
    image: isOfImage,
    ancestor: isOfImage,
    label: (container, value) => hasPair(labelsOf(readSpec(container)), value),
    status: ({ state }, value) => state === value.toLowerCase(),
    exited: ({ state, exitCode }, value) =>
      state === "exited" && String(exitCode ?? "unknown") === value,
    owner: ({ owner }, value) => owner === value.toLowerCase(),
  }, CHECKS);
}

// As IDs are shown.
const ID_LENGTH = 12;

function isOfImage(container: ContainerSummary, value: string): boolean {
  const id = value.replace(/^sha256:/, "");
  return matchesPattern(imageOf(container), value) ||
    id.length >= ID_LENGTH && container.imageId.startsWith(id);
}
