/** Makes a container's template: the OCI runtime configuration it begins with. */

import { existsSync } from "node:fs";
import type { Abortable } from "../abort.ts";
import type { ImageConfig, RunDefaults } from "../formats/image_config.ts";
import type { RuntimeSpec } from "../formats/runtime_spec.ts";
import type { ContainerRecord } from "../formats/store_record.ts";
import { readInRoot } from "../fs/read_in_root.ts";
import {
  makeRuntimeSpec,
  type RuntimeSpecOptions,
} from "../image/default_spec.ts";
import { HOST_NETWORK_FILES } from "../image/sandbox_defaults.ts";
import { lookUpUser, type ResolvedUser } from "../image/user_lookup.ts";
import type { Agent } from "./agent.ts";
import { MOUNT_LOCKS, mountLayer, unmountLayer } from "./mount_layer.ts";

/** What a container shall have that its image does not say. */
export interface TemplateOptions extends
  Partial<
    Omit<RuntimeSpecOptions, "user" | "cgroupsPath" | "cgroupNamespace">
  > {
  /** `name|uid[:group|gid]`; left out, the image's. */
  readonly user?: string | undefined;
}

/** For containers of images that have no config. */
const NO_DEFAULTS: RunDefaults = {
  User: "",
  ExposedPorts: [],
  Env: [],
  Entrypoint: [],
  Cmd: [],
  Volumes: [],
  WorkingDir: "",
  Labels: {},
  StopSignal: "",
};
// What runs in a container that names no program; a template has to have one.
const DEFAULT_ARGS = ["/bin/sh"];
// As a host name: the kernel takes 64 characters.
const SHORT_ID_LENGTH = 12;

/**
 * Makes a template from an image's config. Users are looked up inside the
 * container's root, which is mounted for it.
 *
 * @throws {TypeError} If the user is unknown, or a setting is malformed.
 */
export async function makeTemplate(
  agent: Agent,
  { record, config }: {
    readonly record: ContainerRecord;
    readonly config: ImageConfig | undefined;
  },
  options: TemplateOptions & Abortable = {},
): Promise<RuntimeSpec> {
  const defaults = config?.config ?? NO_DEFAULTS;
  const user = await resolveUser(agent, record, {
    ...options,
    user: options.user ?? defaults.User,
  });
  const network = options.network ?? "none";
  const hasProgram = defaults.Entrypoint.length + defaults.Cmd.length > 0;
  return makeRuntimeSpec(defaults, {
    ...options,
    user,
    network,
    hostname: options.hostname ?? record.id.slice(0, SHORT_ID_LENGTH),
    args: options.args ?? (hasProgram ? undefined : DEFAULT_ARGS),
    volumes: [
      ...network === "host" ? hostNetworkVolumes() : [],
      ...options.volumes ?? [],
    ],
    cgroupsPath: `/orlop/${record.id}`,
    cgroupNamespace: await findCgroupNamespace(agent, options),
  });
}

/** Names that the host resolves, the container resolves. */
function hostNetworkVolumes() {
  return HOST_NETWORK_FILES.filter((path) => existsSync(path)).map((path) => ({
    source: path,
    target: path,
    access: "read-only" as const,
  }));
}

/** Root is known without a look; for others the root has to be mounted. */
async function resolveUser(
  agent: Agent,
  { layer: layerId }: ContainerRecord,
  options: Abortable & { readonly user: string },
): Promise<ResolvedUser> {
  if (/^(root|0)?(:(root|0))?$/.test(options.user)) {
    return { uid: 0, gid: 0, additionalGids: [], home: "/root" };
  }
  const { signal } = options;
  using held = await agent.store.lock(MOUNT_LOCKS, { signal });
  const root = await mountLayer(agent, held, { layerId, signal });
  try {
    return await lookUpUser(options.user, (path) => readInRoot(root, path));
  } finally {
    await unmountLayer(agent, held, { layerId });
  }
}

/** A private cgroup namespace takes cgroup v2 at the top. */
async function findCgroupNamespace(
  { mounter }: Agent,
  { signal }: Abortable,
): Promise<"host" | "private"> {
  const mounts = await mounter.list("/sys/fs/cgroup", { signal });
  const isVersion2 = mounts.some(({ target, type }) =>
    target === "/sys/fs/cgroup" && type === "cgroup2"
  );
  return isVersion2 ? "private" : "host";
}
