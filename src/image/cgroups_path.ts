/** The path of a container's cgroup, for the runtime. */

/** Who makes cgroups: the runtime itself, or systemd for it. */
export type CgroupManager = (typeof CGROUP_MANAGERS)[number];

/** What can make cgroups: the OCI runtime itself, or systemd. */
export const CGROUP_MANAGERS = ["cgroupfs", "systemd"] as const;

/** What the path depends on. */
export interface CgroupsPathOptions {
  /** The pod's, as the kubelet says it. */
  readonly parent: string | undefined;
  readonly manager: CgroupManager;
}

const DEFAULT_PARENTS = { "cgroupfs": "/orlop", "systemd": "system.slice" };
const SLICE = /^[A-Za-z0-9:_.\\-]+\.slice$/;

/**
 * The path of a container's cgroup: `/kubepods/pod1/ID`, or for systemd
 * `kubepods-pod1.slice:orlop:ID`.
 *
 * @throws {TypeError} If the parent is none.
 */
export function cgroupsPathOf(
  id: string,
  { parent, manager }: CgroupsPathOptions,
): string {
  const given = parent || DEFAULT_PARENTS[manager];
  if (manager === "systemd") {
    // Some kubelets send the full path of slices, of which the last is enough.
    const slice = given.split("/").at(-1) ?? "";
    if (SLICE.test(slice)) return `${slice}:orlop:${id}`;
    throw new TypeError(
      `Cannot use cgroup parent "${given}": with systemd it is a slice; the ` +
        "kubelet and orlop have to use the same cgroup driver",
    );
  }
  const names = given.split("/").filter((name) => name !== "");
  const isPath = names.length > 0 &&
    names.every((name) => !/^\.{1,2}$|[\p{Cc}]/u.test(name));
  if (isPath) return `/${names.join("/")}/${id}`;
  throw new TypeError(
    `Cannot use cgroup parent "${given}": it is no path of a cgroup`,
  );
}
