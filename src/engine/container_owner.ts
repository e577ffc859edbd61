/**
 * The owner of a container. Tools that share a store keep their own state beside
 * it: the containers of other tools are never changed, not even by force.
 */

import { join } from "@std/path";
import { PolicyError } from "../errors/store_errors.ts";
import {
  type ContainerMetadata,
  parseContainerMetadata,
  parseOwnMetadata,
} from "../formats/storage/container_metadata.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import { isThere } from "../fs/if_there.ts";
import { workDirectory } from "../store/paths.ts";
import type { Store } from "../store/store.ts";

/** The owner of a container. Those of other tools are listed, but never changed. */
export type ContainerOwner = "orlop" | "cri-o" | "podman" | "buildah" | "other";

/** Actions on a container. */
export type ContainerVerb =
  | "remove"
  | "start"
  | "stop"
  | "kill"
  | "change"
  | "read"
  | "enter";

/** The commands of other tools for these actions, as far as they have one. */
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

/** All owners. */
export const CONTAINER_OWNERS: readonly string[] = Object.keys(COMMANDS);

/** What is known of a container's owner, and its metadata if that is orlop's. */
interface Known {
  readonly isOwn: boolean;
  readonly metadata: ContainerMetadata | undefined;
}

// Cached by record: a changed record is a new object.
const known = new WeakMap<ContainerRecord, Known>();

/** Whether orlop has made a container. */
export function isOwnContainer(record: ContainerRecord): boolean {
  return look(record).isOwn;
}

/** The metadata of one of orlop's containers; undefined if it is not. */
export function readMetadata(
  record: ContainerRecord,
): ContainerMetadata | undefined {
  return look(record).metadata;
}

function look(record: ContainerRecord): Known {
  const before = known.get(record);
  if (before !== undefined) return before;
  const now = parse(record);
  known.set(record, now);
  return now;
}

function parse({ id, metadata: text = "" }: ContainerRecord): Known {
  try {
    const metadata = parseOwnMetadata(text, `container "${id}"`);
    return { isOwn: metadata !== undefined, metadata };
  } catch (error) {
    // A damaged one must not hide all the others.
    if (!(error instanceof SyntaxError)) throw error;
    return { isOwn: true, metadata: undefined };
  }
}

/** Finds the owner of a container, by what each tool writes in its metadata. */
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
    // Metadata may be anything.
    return "other";
  }
}

/** The name of an owner in messages. */
export function ownerName(owner: ContainerOwner): string {
  return owner === "other" ? "another tool" : owner;
}

/** The command of the owner for an action; undefined if unknown. */
export function ownerCommand(
  owner: ContainerOwner,
  verb: ContainerVerb,
  name: string,
): string | undefined {
  const command = COMMANDS[owner][verb];
  return command && `${command} ${name}`;
}

/**
 * Refuses to act on a container of another tool, which would not notice the change.
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
