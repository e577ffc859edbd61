/**
 * Whose a container is. Tools share a store, and each keeps a state of its own
 * beside it: what another tool has made is never touched, not even by force.
 */

import { join } from "@std/path";
import { PolicyError } from "../errors/store_errors.ts";
import {
  isOwnMetadata,
  parseContainerMetadata,
} from "../formats/storage/container_metadata.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import { isThere } from "../fs/if_there.ts";
import { workDirectory } from "../store/paths.ts";
import type { Store } from "../store/store.ts";

/** Whose a container is. Others' are listed, but never touched. */
export type ContainerOwner = "orlop" | "cri-o" | "podman" | "buildah" | "other";

/** What somebody wants to do with a container. */
export type ContainerVerb =
  | "remove"
  | "start"
  | "stop"
  | "kill"
  | "change"
  | "read"
  | "enter";

/** What does it in the tool that owns it; no line for what it has not. */
const COMMANDS: Readonly<
  Record<ContainerOwner, Partial<Record<ContainerVerb, string>>>
> = {
  "orlop": {},
  "podman": {
    remove: "podman rm",
    start: "podman start",
    stop: "podman stop",
    kill: "podman kill",
  },
  "buildah": {
    remove: "buildah rm",
    start: "buildah mount",
    stop: "buildah umount",
  },
  "cri-o": {
    remove: "crictl rm",
    start: "crictl start",
    stop: "crictl stop",
    kill: "crictl stop",
  },
  "other": {},
};

/** All that a container can belong to. */
export const CONTAINER_OWNERS: readonly string[] = Object.keys(COMMANDS);

// A record that changes is another one.
const own = new WeakMap<ContainerRecord, boolean>();

/** Whether orlop has made a container. */
export function isOwnContainer(record: ContainerRecord): boolean {
  const known = own.get(record);
  if (known !== undefined) return known;
  const isOwn = isOwnMetadata(record.metadata ?? "");
  own.set(record, isOwn);
  return isOwn;
}

/** Tells whose a container is, by what each tool writes for its own. */
export function ownerOf(
  { paths, libc }: Store,
  record: ContainerRecord,
): ContainerOwner {
  if (isOwnContainer(record)) return "orlop";
  const { id, metadata = "" } = record;
  if (metadata === "") {
    const state = join(workDirectory(paths, id), "buildah.json");
    return isThere(state, libc) ? "buildah" : "other";
  }
  try {
    const { podId, podName, imageId, name } = parseContainerMetadata(
      metadata,
      "container",
    );
    if (podId !== "" && podName !== "") return "cri-o";
    return imageId !== "" && name !== "" ? "podman" : "other";
  } catch {
    // Owners may write what they like.
    return "other";
  }
}

/** How messages call an owner. */
export function ownerName(owner: ContainerOwner): string {
  return owner === "other" ? "another tool" : owner;
}

/** What its owner's user has to type; undefined if that is not known. */
export function ownerCommand(
  owner: ContainerOwner,
  verb: ContainerVerb,
  name: string,
): string | undefined {
  const command = COMMANDS[owner][verb];
  return command && `${command} ${name}`;
}

/**
 * Refuses to act on a container that another tool has made: that tool would
 * not know.
 *
 * @throws {PolicyError} Naming the tool, and its command.
 */
export function checkOwner(
  store: Store,
  record: ContainerRecord,
  { verb }: { readonly verb: ContainerVerb },
): void {
  const owner = ownerOf(store, record);
  if (owner === "orlop") return;
  const name = record.names?.[0] ?? record.id;
  const command = ownerCommand(owner, verb, name);
  throw new PolicyError(
    `Cannot ${verb} container "${name}": it belongs to ${ownerName(owner)}; ` +
      (command === undefined ? "use that tool" : `use "${command}"`),
  );
}
