/** The configuration of a pause process: it only keeps a PID namespace alive. */

import type {
  RuntimeNamespace,
  RuntimeSpec,
} from "../../formats/oci/runtime_spec.ts";
import type { NamespacePaths } from "./sandbox.ts";

/** The namespaces and cgroup of the pause process. */
export interface PausePlace {
  /** Namespaces that it joins; omitted ones are the host's. */
  readonly namespaces: NamespacePaths;
  /** The path for the runtime. */
  readonly cgroupsPath: string;
}

// The only mounts that it needs.
const MOUNTS = ["/proc", "/dev"];

/** Makes it from the template of the infra container. */
export function makePauseSpec(
  template: RuntimeSpec,
  { namespaces, cgroupsPath }: PausePlace,
): RuntimeSpec {
  // Host name and sysctls are already set in the namespaces.
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
