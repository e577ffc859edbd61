/** Makes a container's root ready for its first process, as podman does. */

import { join, resolve } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type {
  RuntimeMount,
  RuntimeSpec,
} from "../../formats/oci/runtime_spec.ts";
import { toHostOwner, type UserMap } from "../../formats/storage/user_map.ts";
import { sum } from "../../formats/sum.ts";
import { makeDirectoryInRoot } from "../../fs/make_in_root.ts";
import type { OpenOptions } from "../../fs/read_in_root.ts";
import { resolveInRoot } from "../../fs/resolve_in_root.ts";
import { nameGroup, nameUser } from "./name_user.ts";

/** What a root is to be ready for. */
export interface PrepareOptions extends Abortable, OpenOptions {
  readonly template: RuntimeSpec;
  /** Directories that the image wants as volumes. */
  readonly volumes: readonly string[];
  /** Whom the host takes for its users, unless they are the host's. */
  readonly users?: UserMap | undefined;
}

// The store is locked while they are made.
const MAX_VOLUMES = 1000;
const MAX_DIRECTORIES = 10_000;
// Here a container sees the kernel's, which may be devices.
const KERNEL_DIRECTORIES = ["/dev", "/proc", "/sys"];

/**
 * Makes the working directory and the image's volumes where they are missing:
 * they belong to the container's user, whatever the umask. Nothing may run in
 * the root: it could swap what is found for a link to the host's.
 *
 * @param root Where it is mounted.
 * @returns What to mount so that volumes can be written to in a root that
 *   cannot; nothing if it can.
 * @throws {TypeError} If the image has something else in their place, or what
 *   a runtime would hang on.
 */
export async function prepareRoot(
  root: string,
  { template, volumes, users, signal, libc }: PrepareOptions,
): Promise<readonly RuntimeMount[]> {
  checkCount(volumes);
  const { process = { cwd: "/" }, mounts = [] } = template;
  const { uid = 0, gid = 0 } = process.user ?? {};
  const owner = users
    ? {
      ...toHostOwner(users, { uid, gid }),
      superuser: toHostOwner(users, { uid: 0, gid: 0 }),
    }
    : { uid, gid };
  const taken = mounts.map(({ destination }) => placeOf(root, destination));
  if (isImageOwn(root, "/etc/passwd", { taken, mounts })) {
    await nameUser({ root, process, signal, libc });
  }
  if (isImageOwn(root, "/etc/group", { taken, mounts })) {
    await nameGroup({ root, process, signal, libc });
  }
  if (!await make(process.cwd)) {
    throw new TypeError(
      `Cannot use working directory "${process.cwd}": the container has ` +
        "something else there; name another one with --workdir",
    );
  }
  const places: string[] = [];
  // Text with a NUL is the name of nothing.
  for (const volume of volumes.filter((path) => !path.includes("\0"))) {
    if (await make(volume)) places.push(volume);
  }
  return template.root?.readonly ? bindAll(root, places, taken) : [];

  /** Whether there is a directory, or will be: mounts have their own. */
  async function make(path: string): Promise<boolean> {
    signal?.throwIfAborted();
    return isBelowAny(placeOf(root, path), taken) ||
      await makeDirectoryInRoot(root, path, owner);
  }
}

function checkCount(volumes: readonly string[]): void {
  const { length } = volumes;
  const levels = sum(volumes.map((path) => path.split("/").length));
  if (length <= MAX_VOLUMES && levels <= MAX_DIRECTORIES) return;
  throw new TypeError(
    `Cannot make the volumes of the image: it wants ${length} with ${levels} ` +
      `directories, at most ${MAX_VOLUMES} with ${MAX_DIRECTORIES} can be made`,
  );
}

function bindAll(
  root: string,
  volumes: readonly string[],
  taken: readonly string[],
): readonly RuntimeMount[] {
  const mounts: RuntimeMount[] = [];
  for (const volume of volumes) {
    const place = placeOf(root, volume);
    if (place === "/" || isBelowAny(place, taken)) continue;
    mounts.push({
      destination: resolve("/", volume),
      type: "bind",
      source: join(root, place),
      options: ["rbind", "rprivate", "rw", "nosuid", "nodev"],
    });
  }
  return mounts;
}

/** What a path means in a root, as a path there: `/run/x` of `/var/run/x`. */
function placeOf(root: string, path: string): string {
  return resolveInRoot(root, path).path.slice(root.length) || "/";
}

/**
 * Whether a file is the image's, and not in a volume of the caller's.
 *
 * @throws {TypeError} If it is no regular file: runtimes open it in the
 *   container, and would wait for a FIFO without an end.
 */
function isImageOwn(
  root: string,
  file: string,
  { taken, mounts }: {
    readonly taken: readonly string[];
    readonly mounts: readonly RuntimeMount[];
  },
): boolean {
  const { status } = resolveInRoot(root, file);
  const place = placeOf(root, file);
  const isOfKernel = isBelowAny(place, KERNEL_DIRECTORIES);
  const isHidden = isBelowAny(place, taken);
  const seen = isHidden ? statusInVolume(place, mounts) : status;
  if (!isOfKernel && (seen === undefined || seen.isFile)) return !isHidden;
  throw new TypeError(
    `Cannot use "${file}" of the container: it is no regular file`,
  );
}

/** What a container may have left in a directory of the host, if it is there. */
function statusInVolume(
  place: string,
  mounts: readonly RuntimeMount[],
): Deno.FileInfo | undefined {
  const volume = mounts.findLast(({ destination }) =>
    isBelowAny(place, [resolve("/", destination)])
  );
  const { type, source = "", destination = "/" } = volume ?? {};
  const rest = place.slice(resolve("/", destination).length);
  // A file that the caller named may be what it likes, such as /dev/null.
  if (type !== "bind" || !source.startsWith("/") || rest === "") return;
  return resolveInRoot(source, rest).status;
}

function isBelowAny(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) =>
    path === directory || path.startsWith(`${directory}/`)
  );
}
