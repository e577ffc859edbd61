/** Applies the edits of CDI devices to container configurations. */

import type { DeviceEdits, DeviceHook } from "../formats/cdi/device_spec.ts";
import type {
  RuntimeMount,
  RuntimeProcess,
  RuntimeSpec,
} from "../formats/oci/runtime_spec.ts";
import { makeDevices, type RuntimeDevice } from "./devices.ts";

/** Edits, and the nodes that they name as they are on the host. */
export interface FoundEdits extends Omit<DeviceEdits, "nodes"> {
  readonly nodes: readonly FoundNode[];
}

/** A node on the host; whose it is, if the edits say so. */
export interface FoundNode extends Omit<RuntimeDevice, "uid" | "gid"> {
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** The configuration with the edits applied: later ones take precedence. */
export function applyEdits(
  spec: RuntimeSpec,
  { env, nodes, mounts, hooks, groups }: FoundEdits,
): RuntimeSpec {
  const { process = { cwd: "/" } } = spec;
  const more = mounts.map(({ hostPath, containerPath, type, options }) => ({
    destination: containerPath,
    source: hostPath,
    type: type || "bind",
    options: options.length > 0 ? options : ["rbind", "rprivate", "rw"],
  }));
  return {
    ...spec,
    process: withEnv(withGroups(process, groups), env),
    ...more.length === 0 ? {} : { mounts: addMounts(spec.mounts ?? [], more) },
    ...hooks.length === 0 ? {} : { hooks: addHooks(spec["hooks"], hooks) },
    ...nodes.length === 0 ? {} : { linux: addNodes(spec, nodes) },
  };
}

function withEnv(
  process: RuntimeProcess,
  more: readonly string[],
): RuntimeProcess {
  if (more.length === 0) return process;
  const nameOf = (text: string) => text.slice(0, text.indexOf("="));
  const variables = new Map(
    [...process.env ?? [], ...more].map((text) => [nameOf(text), text]),
  );
  return { ...process, env: [...variables.values()] };
}

function withGroups(
  process: RuntimeProcess,
  groups: readonly number[],
): RuntimeProcess {
  // Root's own group would be more than a device may give.
  const wanted = groups.filter((gid) => gid > 0);
  if (wanted.length === 0) return process;
  const all = [...process.user?.additionalGids ?? [], ...wanted];
  const additionalGids = [...new Set(all)];
  return { ...process, user: { ...process.user, additionalGids } };
}

/** Parents first; existing mounts on the same target are replaced. */
function addMounts(
  mounts: readonly RuntimeMount[],
  more: readonly RuntimeMount[],
): readonly RuntimeMount[] {
  const taken = new Set(more.map(({ destination }) => destination));
  const depth = ({ destination }: RuntimeMount) =>
    destination.split("/").filter(Boolean).length;
  return [...mounts.filter((mount) => !taken.has(mount.destination)), ...more]
    .toSorted((a, b) => depth(a) - depth(b));
}

function addHooks(known: unknown, hooks: readonly DeviceHook[]) {
  const all: Record<string, unknown[]> = {
    ...(known as Record<string, unknown[]> | undefined),
  };
  for (const { hookName, ...hook } of hooks) {
    all[hookName] = [...all[hookName] ?? [], hook];
  }
  return all;
}

function addNodes(
  { process, linux = {} }: RuntimeSpec,
  nodes: readonly FoundNode[],
) {
  // The container's user gets what nobody else is said to have.
  const { uid = 0, gid = 0 } = process?.user ?? {};
  const devices = nodes.map((node) => ({
    ...node,
    uid: node.uid ?? uid,
    gid: node.gid ?? gid,
  }));
  const made = makeDevices(devices, "deny");
  const resources = linux.resources ?? {};
  const known = linux["devices"] as readonly { path: string }[] | undefined;
  const paths = new Set(nodes.map(({ path }) => path));
  const rules = resources["devices"] as readonly unknown[] | undefined;
  return {
    ...linux,
    devices: [
      ...(known ?? []).filter(({ path }) => !paths.has(path)),
      ...made.nodes,
    ],
    resources: {
      ...resources,
      // Its first rule is about all other devices: that is settled.
      devices: [...rules ?? [], ...made.rules.slice(1)],
    },
  };
}
