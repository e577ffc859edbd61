/** The control group of a pod. */

import { cgroupPathOf, slicePathOf } from "../../engine/stats/cgroup_mounts.ts";
import type { Sandbox } from "../../engine/sandboxes/sandbox.ts";
import { managerOf } from "../../engine/sandboxes/sandbox_cgroups.ts";

/**
 * The path of a pod's control group. A kubelet makes one for each pod, named after
 * the pod; other clients may put many pods into one.
 */
export function podCgroupOf(
  { sandbox }: { readonly sandbox: Sandbox | undefined },
): readonly string[] {
  if (sandbox === undefined) return [];
  const { cgroupParent = "", metadata: { uid } } = sandbox.request;
  const [name = ""] = cgroupParent.split("/").filter(Boolean).slice(-1);
  // systemd takes no hyphen in a name.
  const isOwn = uid !== "" &&
    (name.includes(uid) || name.includes(uid.replaceAll("-", "_")));
  if (!isOwn) return [];
  return managerOf(sandbox.request) === "systemd"
    ? [slicePathOf(name)]
    : [cgroupPathOf(cgroupParent.replace(/\/+$/, ""))];
}
