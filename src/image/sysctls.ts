/** Namespaced kernel parameters of a container: sysctl(8). */

import type { ContainerNamespaces } from "./namespaces.ts";

// So that ping works without a capability.
const DEFAULTS = { "net.ipv4.ping_group_range": "0 0" };
const IPC =
  /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$|fs\.mqueue\.)/;
const NET = /^net\./;

/**
 * The settings of a container: podman's defaults, and those given.
 *
 * @throws {TypeError} If one is not a container's own.
 */
export function makeSysctls(
  given: Readonly<Record<string, string>>,
  namespaces: ContainerNamespaces,
): Readonly<Record<string, string>> {
  for (const name of Object.keys(given)) checkSysctl(name, namespaces);
  const isPrivate = namespaces.network === "none";
  return { ...(isPrivate ? DEFAULTS : {}), ...given };
}

/** The namespace that a setting belongs to; undefined if it is the machine's. */
export function namespaceOfSysctl(name: string): "net" | "ipc" | undefined {
  if (NET.test(name)) return "net";
  return IPC.test(name) ? "ipc" : undefined;
}

function checkSysctl(
  name: string,
  { network, ipc }: ContainerNamespaces,
): void {
  const namespace = namespaceOfSysctl(name);
  const isNet = namespace === "net";
  if (namespace === undefined) {
    throw new TypeError(
      `Cannot set sysctl "${name}": it is the whole machine's; a container ` +
        `has net.*, fs.mqueue.*, kernel.msg*, kernel.sem and kernel.shm* of ` +
        `its own`,
    );
  }
  if (isNet ? network === "host" : ipc === "host") {
    const flag = isNet ? "network" : "ipc";
    throw new TypeError(
      `Cannot set sysctl "${name}": with --${flag}=host it is the host's`,
    );
  }
}
