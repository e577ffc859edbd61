/** Makes and removes the mounts of a sandbox: namespaces and shared memory. */

import { type Abortable, settleAll } from "../../errors/abort.ts";
import { toHostOwner } from "../../formats/storage/user_map.ts";
import { removeIfThere } from "../../fs/if_there.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { pinNamespaces } from "../../mount/pin_namespaces.ts";
import type { Agent } from "../agent.ts";
import type { SandboxRequest } from "./sandbox.ts";
import type { SandboxPlaces } from "./sandbox_places.ts";

const PRIVATE_DIRECTORY = 0o700;
// Containers' users reach the files in it by their mounts, not by its path.
const PRIVATE_FILE = 0o600;
// The default of podman, CRI-O and containerd.
const SHM_OPTIONS = "mode=1777,size=65536k";

/** Makes its directory, in which nothing is mounted yet. */
export function makeDirectory(
  { directory, net, ipc, uts, user, shm }: SandboxPlaces,
  { namespaces, users }: Pick<SandboxRequest, "namespaces" | "users">,
): void {
  Deno.mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  const files = [
    ...namespaces.network === "pod" ? [net, uts] : [],
    ...namespaces.ipc === "pod" ? [ipc] : [],
    ...users === undefined ? [] : [user],
  ];
  for (const path of files) {
    Deno.writeTextFileSync(path, "", { mode: PRIVATE_FILE });
  }
  if (namespaces.ipc === "pod") {
    Deno.mkdirSync(shm, { recursive: true, mode: PRIVATE_DIRECTORY });
  }
}

/**
 * Makes the namespaces and the shared memory of a sandbox.
 *
 * @throws {InvalidSandboxError} If the kernel does not take a sysctl.
 * @throws {CommandError} If it fails otherwise.
 */
export async function mountSandbox(
  { mounter, store }: Agent,
  { net, ipc, uts, user, shm, programLock: lock }: SandboxPlaces,
  { namespaces, users, hostname, sysctls, signal }:
    & Pick<SandboxRequest, "namespaces" | "users" | "hostname" | "sysctls">
    & Abortable,
): Promise<void> {
  const hasNetwork = namespaces.network === "pod";
  const hasIpc = namespaces.ipc === "pod";
  const pinned = pinNamespaces({
    files: {
      net: hasNetwork ? net : undefined,
      uts: hasNetwork ? uts : undefined,
      ipc: hasIpc ? ipc : undefined,
    },
    ...{ hostname, sysctls, lock },
    owner: users && { file: user, users, mounts: store.libc?.mounts },
  }, { signal });
  const root = users && toHostOwner(users, { uid: 0, gid: 0 });
  const mounted = hasIpc
    ? mounter.mount({
      source: "shm",
      target: shm,
      type: "tmpfs",
      flags: ["nosuid", "noexec", "nodev"],
      data: root === undefined
        ? SHM_OPTIONS
        : `${SHM_OPTIONS},uid=${root.uid},gid=${root.gid}`,
    }, { signal })
    : undefined;
  await settleAll([pinned, mounted]);
}

/**
 * Unmounts all that is mounted in a sandbox's directory, and removes it. It is no
 * error if there is nothing.
 *
 * @throws {CommandError} If something stays mounted.
 */
export async function unmountSandbox(
  { mounter }: Agent,
  { directory, net, ipc, uts, user, shm, files }: SandboxPlaces,
  options: Abortable = {},
): Promise<void> {
  for (;;) {
    const mounts = await mounter.list(directory, options);
    if (mounts.length === 0) break;
    // Namespaces and files live as long as they are used.
    await mounter.unmountAll(mounts.map(({ target }) => target), options);
  }
  for (const path of [net, ipc, uts, user, ...Object.values(files)]) {
    removeIfThere(path);
  }
  removeIfThere(shm); // empty by now: nothing is removed inside a mount
  removeTreeSync(directory);
}
