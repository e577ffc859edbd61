/** Finds the settings of a container that depend on the files of its image. */

import { basename, dirname, join, resolve } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { type OpenOptions, readLinesInRoot } from "../../fs/read_in_root.ts";
import { resolveInRoot } from "../../fs/resolve_in_root.ts";
import {
  CONTAINER_FILES,
  type ContainerFile,
  containerFiles,
} from "../../image/container_files.ts";
import type { Volume } from "../../image/volumes.ts";
import {
  lookUpUser,
  type ResolvedUser,
  type UserFile,
  type UserLookupOptions,
} from "../../image/user_lookup.ts";
import type { Host } from "../../process/host.ts";
import { readLower } from "../../store/layers/lower_files.ts";
import { layerDirectory } from "../../store/paths.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { mountLayer } from "../mounts/mount_layer.ts";
import { unmountLayer } from "../mounts/unmount_layer.ts";
import type { MountLocks } from "../mounts/mount_counts.ts";
import { isRegularFile } from "./host_resources.ts";

/** What to look up in an image. */
export interface ImageQuestion extends Abortable, UserLookupOptions {
  /** The image's top layer; undefined if it has none. */
  readonly layerId: LayerId | undefined;
  /** The user, as for `lookUpUser()`. */
  readonly user: string;
  /** A directory to look for. */
  readonly workdir: string | undefined;
  /** Volumes, which hide files of the image. */
  readonly volumes: readonly Volume[];
}

/** What was found. */
export interface ImageAnswer {
  readonly user: ResolvedUser;
  /** The files that can be mounted there. */
  readonly files: readonly ContainerFile[];
  /** Whether the working directory is there. */
  readonly hasWorkdir: boolean;
}

// The cache of a daemon; this number of answers takes some 100 KB.
const MAX_ANSWERS = 1000;
const USER_FILES = ["etc/passwd", "etc/group"] as const;

const answers = new WeakMap<Store, Map<string, ImageAnswer>>();

/**
 * Looks up files in an image, which is mounted for it unless it has only one layer:
 * no process can change it meanwhile. Images never change, so answers are cached.
 *
 * @throws {TypeError} If the user is unknown.
 */
export async function lookIntoImage(
  agent: Agent,
  held: MountLocks,
  question: ImageQuestion,
): Promise<ImageAnswer> {
  const key = keyOf(question);
  if (key === undefined) return await lookNow(agent, held, question);
  const known = answers.get(agent.store) ?? new Map<string, ImageAnswer>();
  answers.set(agent.store, known);
  const answer = known.get(key) ?? await lookNow(agent, held, question);
  if (known.size >= MAX_ANSWERS) known.clear();
  known.set(key, answer);
  return answer;
}

/** The cache key; undefined if the answer also depends on files of the host. */
function keyOf(
  { layerId, user, groups, gid, memberships, workdir, volumes }: ImageQuestion,
): string | undefined {
  const isOwn = USER_FILES.every((file) =>
    findUserFile(file, { image: "", volumes }).root === ""
  );
  if (layerId === undefined || !isOwn) return undefined;
  const hidden = containerFiles().filter((file) =>
    isHidden(CONTAINER_FILES[file], volumes)
  );
  const who = [user, groups, gid, memberships];
  return JSON.stringify([layerId, who, workdir, hidden]);
}

async function lookNow(
  agent: Agent,
  held: MountLocks,
  question: ImageQuestion,
): Promise<ImageAnswer> {
  const { layerId, signal } = question;
  const { store: { paths, libc }, host } = agent;
  const look = (image?: string) => lookInto(image, { ...question, host, libc });
  if (layerId === undefined) return await look();
  // A single layer looks the same without a mount.
  if (readLower(paths, layerId).length === 0) {
    return await look(join(layerDirectory(paths, layerId), "diff"));
  }
  const access = "read-only" as const;
  const root = await mountLayer(agent, held, { layerId, access, signal });
  try {
    return await look(root);
  } finally {
    await unmountLayer(agent, held, { layerId });
  }
}

async function lookInto(
  image: string | undefined,
  question: ImageQuestion & OpenOptions & { readonly host: Host },
): Promise<ImageAnswer> {
  const { user, workdir, volumes, host, libc, signal } = question;
  const files: ContainerFile[] = [];
  for (const file of containerFiles()) {
    const path = CONTAINER_FILES[file];
    if (canMount(image, path, { volumes, libc })) files.push(file);
  }
  const found = await lookUpUser(user, (file) => {
    const { root, path } = findUserFile(file, { image, volumes });
    // Such as /dev/null, which gives a container no users.
    const isOther = root === "/" && !isRegularFile(host, path);
    return root === undefined || isOther
      ? noLines()
      : readLinesInRoot(root, path, { signal, libc });
  }, question);
  const place = workdir && image && resolveInRoot(image, workdir, { libc });
  const hasWorkdir = place ? place.status?.isDirectory ?? false : false;
  return { user: found, files, hasWorkdir };
}

async function* noLines(): AsyncIterable<string> {}

/** Where the container will see a file: a volume may hide the image's. */
function findUserFile(
  file: UserFile,
  { image, volumes }: {
    readonly image: string | undefined;
    readonly volumes: readonly Volume[];
  },
): { readonly root: string | undefined; readonly path: string } {
  const sourceOf = (path: string) =>
    volumes.findLast(({ target }) => resolve(target) === path)?.source;
  const own = sourceOf(`/${file}`);
  if (own !== undefined) return { root: "/", path: own };
  const directory = sourceOf(`/${dirname(file)}`);
  if (directory === undefined) return { root: image, path: file };
  return { root: directory, path: basename(file) };
}

/**
 * Whether a runtime can mount a file there: it creates missing files, but not below
 * a file or in place of a directory.
 */
function canMount(
  image: string | undefined,
  path: string,
  { volumes, libc }: OpenOptions & { readonly volumes: readonly Volume[] },
): boolean {
  // A file in a volume of the caller, where nothing is created.
  if (isHidden(path, volumes)) return false;
  if (image === undefined) return true;
  const above = resolveInRoot(image, dirname(path), { libc });
  if (isOfKernel(above.path.slice(image.length))) return false;
  if (above.status !== undefined && !above.status.isDirectory) return false;
  const found = resolveInRoot(image, path, { libc });
  if (isOfKernel(found.path.slice(image.length))) return false;
  return !found.status?.isDirectory;
}

function isHidden(path: string, volumes: readonly Volume[]): boolean {
  return volumes.some(({ target }) =>
    `${path}/`.startsWith(`${resolve(target)}/`)
  );
}

/** Where runtimes mount the kernel's file systems, and refuse other mounts. */
function isOfKernel(path: string): boolean {
  const [, top = ""] = path.split("/");
  return ["dev", "proc", "sys"].includes(top);
}
