/** Makes a container's root ready for its first process, as podman does. */

import type { RuntimeSpec } from "../formats/runtime_spec.ts";
import { makeDirectoryInRoot } from "../fs/make_in_root.ts";
import { resolveInRoot } from "../fs/resolve_in_root.ts";

/** What a root is to be ready for. */
export interface PrepareOptions {
  readonly template: RuntimeSpec;
  /** Directories that the image wants as volumes. */
  readonly volumes: readonly string[];
}

// Runtimes open them in the container, and wait for a FIFO without an end.
const USER_FILES = ["/etc/passwd", "/etc/group"];
// Here a container sees the kernel's, which may be devices.
const KERNEL_DIRECTORIES = ["/dev", "/proc", "/sys"];

/**
 * Makes the working directory and the image's volumes where they are missing:
 * they belong to the container's user, whatever the umask. Nothing may run in
 * the root: it could swap what is found for a link to the host's.
 *
 * @param root Where it is mounted.
 * @throws {TypeError} If the image has something else in their place, or what
 *   a runtime would hang on.
 */
export async function prepareRoot(
  root: string,
  { template, volumes }: PrepareOptions,
): Promise<void> {
  const { process, mounts = [] } = template;
  const { uid = 0, gid = 0 } = process?.user ?? {};
  const taken: string[] = [];
  for (const { destination } of mounts) {
    taken.push(await placeOf(root, destination));
  }
  for (const file of USER_FILES) await checkUserFile(root, file, taken);
  const workdir = process?.cwd ?? "/";
  // Text with a NUL is the name of nothing.
  const wanted = [workdir, ...volumes].filter((path) => !path.includes("\0"));
  for (const path of wanted) {
    // What is mounted has directories of its own.
    if (isBelowAny(await placeOf(root, path), taken)) continue;
    const isDirectory = await makeDirectoryInRoot(root, path, { uid, gid });
    if (!isDirectory && path === workdir) {
      throw new TypeError(
        `Cannot use working directory "${path}": the container has something ` +
          "else there; name another one with --workdir",
      );
    }
  }
}

/** What a path means in a root, as a path there: `/run/x` of `/var/run/x`. */
async function placeOf(root: string, path: string): Promise<string> {
  return (await resolveInRoot(root, path)).path.slice(root.length) || "/";
}

async function checkUserFile(
  root: string,
  file: string,
  taken: readonly string[],
): Promise<void> {
  const { status } = await resolveInRoot(root, file);
  const place = await placeOf(root, file);
  const isOfKernel = isBelowAny(place, KERNEL_DIRECTORIES);
  if (!isOfKernel && isBelowAny(place, taken)) return;
  if (!isOfKernel && (status === undefined || status.isFile)) return;
  throw new TypeError(
    `Cannot use "${file}" of the container: it is no regular file`,
  );
}

function isBelowAny(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) =>
    path === directory || path.startsWith(`${directory}/`)
  );
}
