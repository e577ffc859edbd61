/** Writes the files of a container's bundle that its mounts refer to. */

import { dirname, join } from "@std/path";
import { ADDED_HOSTS } from "../../formats/oci/annotations.ts";
import type { RuntimeSpec } from "../../formats/oci/runtime_spec.ts";
import { isThere, tryReadText } from "../../fs/if_there.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import type { Libc } from "../../process/libc.ts";
import { contentOf, filesOf } from "../../image/container_files.ts";

/** Where the files are written, and their content. */
export interface ContainerFilesOptions {
  /** The bundle's directory. */
  readonly bundle: string;
  readonly template: RuntimeSpec;
  /** The container's name. */
  readonly name: string;
  /** With it, a missing file costs no exception. */
  readonly libc: Libc | undefined;
}

// All users of the container may read them.
const FILE_MODE = 0o644;

/** Writes the files from the current ones of the host or the pod. */
export function writeContainerFiles(
  { bundle, template, name, libc }: ContainerFilesOptions,
): void {
  const namespaces = template.linux?.namespaces ?? [];
  const own = namespaces.find(({ type }) => type === "network");
  const network = own === undefined ? "host" : "none";
  // A pod with a network has its own files beside its namespace.
  const pod = own?.path === undefined ? undefined : dirname(own.path);
  const isPods = pod !== undefined && isThere(join(pod, "hosts"));
  const source = isPods ? pod : "/etc";
  const files = filesOf(template);
  if (files.length === 0) return;
  const facts = {
    // A template without a host name belongs to a container in the host's UTS
    // namespace.
    hostname: template.hostname ??
      (tryReadText("/etc/hostname")?.trim() || name),
    name,
    network: isPods ? "pod" : network,
    hosts: tryReadText(join(source, "hosts")) ?? "",
    addedHosts: template.annotations?.[ADDED_HOSTS],
    resolvConf: tryReadText(join(source, "resolv.conf")) ?? "",
  } as const;
  for (const file of files) {
    const text = contentOf(file, facts);
    const path = join(bundle, file);
    // Not in place: a running container has the old file mounted.
    removeTreeSync(path, libc);
    Deno.writeTextFileSync(path, text, { createNew: true });
    Deno.chmodSync(path, FILE_MODE);
  }
}
