/** Files that the engine makes for each container, as in podman, except secrets. */

import { formatHosts, parseHosts } from "../formats/config/hosts.ts";
import type { RuntimeMount, RuntimeSpec } from "../formats/oci/runtime_spec.ts";

/** The name of such a file in the bundle. */
export type ContainerFile =
  | "hosts"
  | "hostname"
  | "resolv.conf"
  | ".containerenv";

/** Where the container finds them. */
export const CONTAINER_FILES: Readonly<Record<ContainerFile, string>> = {
  "hosts": "/etc/hosts",
  "hostname": "/etc/hostname",
  "resolv.conf": "/etc/resolv.conf",
  ".containerenv": "/run/.containerenv",
};

/** The sources of the files. */
export interface ContainerFacts {
  /** As the container sees it. */
  readonly hostname: string;
  /** The container's own. */
  readonly name: string;
  /** `"pod"`: its pod's, whose files these are. */
  readonly network: "none" | "host" | "pod";
  /** The host's `/etc/hosts`, or the pod's; `""` if it has none. */
  readonly hosts: string;
  /** Lines that come before the host's; `""` for none. */
  readonly addedHosts?: string | undefined;
  /** The host's `/etc/resolv.conf`, or the pod's; `""` if it has none. */
  readonly resolvConf: string;
}

/** All names of such files. */
export function containerFiles(): readonly ContainerFile[] {
  return ["hosts", "hostname", "resolv.conf", ".containerenv"];
}

/** Mounts a file of the bundle, which the source is relative to. */
export function mountOfFile(
  file: ContainerFile,
  { access }: { readonly access: "read-write" | "read-only" },
): RuntimeMount {
  const readOnly = ["ro", "nosuid", "nodev", "noexec"];
  return {
    destination: CONTAINER_FILES[file],
    type: "bind",
    source: file,
    options: ["bind", "rprivate", ...access === "read-only" ? readOnly : []],
  };
}

/** Which of the files a container needs in its bundle. */
export function filesOf({ mounts = [] }: RuntimeSpec): ContainerFile[] {
  return containerFiles().filter((file) =>
    mounts.some(({ source, destination }) =>
      source === file && destination === CONTAINER_FILES[file]
    )
  );
}

/** What is in such a file. */
export function contentOf(file: ContainerFile, facts: ContainerFacts): string {
  switch (file) {
    case "hosts":
      return makeHosts(facts);
    case "hostname":
      return `${facts.hostname}\n`;
    case "resolv.conf":
      return facts.resolvConf;
    case ".containerenv":
      return ""; // Programs detect a container by this file.
  }
}

/** Added names, the host's, and the container's own if it has no pod. */
function makeHosts(facts: ContainerFacts): string {
  const { addedHosts = "", hosts, hostname, name, network } = facts;
  const own = network === "host"
    ? ["host.containers.internal"]
    : [...new Set([hostname, name])];
  const base = parseHosts(hosts);
  const known = new Set(base.flatMap(({ names }) => names));
  const local = ["127.0.0.1", "::1"].map((address) => ({
    address,
    names: ["localhost"],
  }));
  const more = [
    ...known.has("localhost") ? [] : local,
    // A pod's own name has an address that others reach.
    ...network === "pod" ? [] : [{ address: "127.0.0.1", names: own }],
  ];
  return formatHosts([...parseHosts(addedHosts), ...base, ...more]);
}
