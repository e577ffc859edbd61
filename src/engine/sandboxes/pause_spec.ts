/** The configuration of a pause process: it keeps a PID namespace, and does no more. */

import type {
  RuntimeNamespace,
  RuntimeSpec,
} from "../../formats/oci/runtime_spec.ts";
import type { NamespacePaths } from "./sandbox.ts";

/** Where the pause process is. */
export interface PausePlace {
  /** Namespaces that it joins; what is left out is the host's. */
  readonly namespaces: NamespacePaths;
  /** As the runtime is told. */
  readonly cgroupsPath: string;
}

// It needs nothing of the machine, and its own processes only.
const MOUNTS = ["/proc", "/dev"];

/**
 * Makes it of the template of an infra container, which is made of its image.
 */
export function makePauseSpec(
  template: RuntimeSpec,
  { namespaces, cgroupsPath }: PausePlace,
): RuntimeSpec {
  // The name and the sysctls of the namespaces are set.
  const { hostname: _hostname, linux = {}, process, ...rest } = template;
  const { sysctl: _sysctl, resources: _resources, ...others } = linux;
  const { capabilities: _capabilities, ...own } = process ?? { cwd: "/" };
  return {
    ...rest,
    process: { ...own, terminal: false, noNewPrivileges: true },
    root: { path: "rootfs", readonly: true },
    mounts: (template.mounts ?? [])
      .filter(({ destination }) => MOUNTS.includes(destination)),
    linux: {
      ...others,
      cgroupsPath,
      namespaces: [
        { type: "pid" },
        { type: "mount" },
        ...join("user", namespaces.user),
        ...join("network", namespaces.network),
        ...join("ipc", namespaces.ipc),
        ...join("uts", namespaces.uts),
      ],
    },
  };
}

function join(type: string, path: string | undefined): RuntimeNamespace[] {
  return path === undefined ? [] : [{ type, path }];
}
