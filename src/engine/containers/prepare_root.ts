/** Prepares a container's root for its first process, as podman does. */

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
import { checkWhereItLeads } from "./check_workdir.ts";
import { nameGroup, nameUser } from "./name_user.ts";

/** How to prepare a root. */
export interface PrepareOptions extends Abortable, OpenOptions {
  readonly template: RuntimeSpec;
  /** Directories that the image declares as volumes. */
  readonly volumes: readonly string[];
  /** The mapping of its users, if they are not the host's. */
  readonly users?: UserMap | undefined;
}

// The store is locked while they are made.
const MAX_VOLUMES = 1000;
const MAX_DIRECTORIES = 10_000;
// Here a container sees file systems of the kernel.
const KERNEL_DIRECTORIES = ["/dev", "/proc", "/sys"];

/**
 * Makes the working directory and the image's volumes if they are missing, owned by
 * the container's user, regardless of the umask. No process may run in the root: it
 * could replace a directory by a link to one of the host.
 *
 * @param root Where it is mounted.
 * @returns Mounts that make volumes writable in a read-only root; none if the root
 *   is writable.
 * @throws {TypeError} If the image has other files in their place, or a file on
 *   which a runtime would hang, or the working directory leads to open files.
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
  const taken = mounts.map(({ destination }) =>
    placeOf(root, destination, { libc })
  );
  if (isImageOwn(root, "/etc/passwd", { taken, mounts, libc })) {
    await nameUser({ root, process, signal, libc });
  }
  if (isImageOwn(root, "/etc/group", { taken, mounts, libc })) {
    await nameGroup({ root, process, signal, libc });
  }
  checkWhereItLeads(root, process.cwd, mounts);
  if (!await make(process.cwd)) {
    throw new TypeError(
      `Cannot use working directory "${process.cwd}": the container has ` +
        "something else there; name another one with --workdir",
    );
  }
  const places: string[] = [];
  // No file name contains a NUL.
  for (const volume of volumes.filter((path) => !path.includes("\0"))) {
    if (await make(volume)) places.push(volume);
  }
  return template.root?.readonly ? bindAll(root, places, taken) : [];

  /** Whether there is a directory, or a mount will provide it. */
  async function make(path: string): Promise<boolean> {
    signal?.throwIfAborted();
    return isBelowAny(placeOf(root, path, { libc }), taken) ||
      await makeDirectoryInRoot(root, path, { ...owner, libc });
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

/** Resolves a path in a root, such as `/var/run/x` to `/run/x`. */
function placeOf(
  root: string,
  path: string,
  options: OpenOptions = {},
): string {
  return resolveInRoot(root, path, options).path.slice(root.length) || "/";
}

/**
 * Whether a file comes from the image, not from a volume of the caller.
 *
 * @throws {TypeError} If it is no regular file: runtimes open it in the
 *   container, and would wait for a FIFO without an end.
 */
function isImageOwn(
  root: string,
  file: string,
  { taken, mounts, ...options }: OpenOptions & {
    readonly taken: readonly string[];
    readonly mounts: readonly RuntimeMount[];
  },
): boolean {
  const { path, status } = resolveInRoot(root, file, options);
  const place = path.slice(root.length);
  const isOfKernel = isBelowAny(place, KERNEL_DIRECTORIES);
  const isHidden = isBelowAny(place, taken);
  const seen = isHidden ? statusInVolume(place, mounts) : status;
  if (!isOfKernel && (seen === undefined || seen.isFile)) return !isHidden;
  throw new TypeError(
    `Cannot use "${file}" of the container: it is no regular file`,
  );
}

/**
 * The status of a file in a directory of the host, which a container may have
 * changed.
 */
function statusInVolume(
  place: string,
  mounts: readonly RuntimeMount[],
): Deno.FileInfo | undefined {
  const volume = mounts.findLast(({ destination }) =>
    isBelowAny(place, [resolve("/", destination)])
  );
  const { type, source = "", destination = "/" } = volume ?? {};
  const rest = place.slice(resolve("/", destination).length);
  // A file that the caller named may be of any type, such as /dev/null.
  if (type !== "bind" || !source.startsWith("/") || rest === "") return;
  return resolveInRoot(source, rest).status;
}

function isBelowAny(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) =>
    path === directory || path.startsWith(`${directory}/`)
  );
}
