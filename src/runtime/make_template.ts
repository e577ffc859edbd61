/** Makes a container's template: the OCI runtime configuration it begins with. */

import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "@std/path";
import type { Abortable } from "../abort.ts";
import type { ImageConfig, RunDefaults } from "../formats/image_config.ts";
import type { RuntimeSpec } from "../formats/runtime_spec.ts";
import type { ContainerId, LayerId } from "../formats/store_ids.ts";
import type { ImageRecord } from "../formats/store_record.ts";
import { readLinesInRoot } from "../fs/read_in_root.ts";
import {
  makeRuntimeSpec,
  type RuntimeSpecOptions,
} from "../image/default_spec.ts";
import type { Volume } from "../image/container_mounts.ts";
import { capabilitiesIn } from "../image/capabilities.ts";
import { HOST_NETWORK_FILES } from "../image/sandbox_defaults.ts";
import type { SecurityOptions } from "../image/security.ts";
import {
  lookUpUser,
  type ResolvedUser,
  type UserFile,
} from "../image/user_lookup.ts";
import { readLower } from "../store/create_layer.ts";
import { layerDirectory } from "../store/paths.ts";
import type { Agent } from "./agent.ts";
import {
  checkLabels,
  checkVolumes,
  type DeviceRequest,
  findDevice,
  fitLimits,
  fitUlimits,
  isRegularFile,
} from "./host_resources.ts";
import { loadDefaultSeccomp } from "./load_seccomp.ts";
import { mountLayer, type MountLocks, unmountLayer } from "./mount_layer.ts";

/** What a container shall have that its image does not say. */
export interface TemplateOptions extends
  Partial<
    Omit<
      RuntimeSpecOptions,
      "user" | "cgroupsPath" | "devices" | "ownCapabilities" | "ownLimits"
    >
  > {
  /** What becomes of an image without a command: a shell, by default. */
  readonly missingCommand?: "shell" | "refuse" | undefined;
  /** Devices of the host that it may use. */
  readonly devices?: readonly DeviceRequest[] | undefined;
  /** `name|uid[:group|gid]`; left out, the image's. */
  readonly user?: string | undefined;
  /** Further groups of the user, by name or ID. */
  readonly groups?: readonly string[] | undefined;
}

/** Whose template it is. */
export interface TemplateRequest {
  readonly containerId: ContainerId;
  /** Undefined if the image is gone. */
  readonly image: ImageRecord | undefined;
  /** The image's; undefined if it has none. */
  readonly config: ImageConfig | undefined;
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
 * Makes a template from an image's config. Users are looked up in the image,
 * which is mounted for it: no process can change it meanwhile.
 *
 * @throws {TypeError} If the user is unknown, or a setting is malformed.
 */
export async function makeTemplate(
  agent: Agent,
  held: MountLocks,
  options: TemplateRequest & Abortable & {
    readonly settings?: TemplateOptions | undefined;
  },
): Promise<RuntimeSpec> {
  const { containerId, config, image, settings = {}, signal } = options;
  const defaults = config?.config ?? NO_DEFAULTS;
  const fitted = fitToHost(agent, settings);
  const user = await resolveUser(agent, held, {
    user: settings.user ?? defaults.User,
    groups: settings.groups ?? [],
    layerId: image?.layer,
    volumes: settings.volumes ?? [],
    signal,
  });
  return makeRuntimeSpec(defaults, {
    ...settings,
    ...fitted,
    user,
    hostname: settings.hostname ?? ownName(containerId, settings),
    args: settings.args ?? defaultArgs(defaults, settings),
    cgroupsPath: `/orlop/${containerId}`,
    cgroupNamespace: settings.cgroupNamespace ??
      await findCgroupNamespace(agent, { signal }),
  });
}

/** What depends on the machine, and on what orlop itself may do. */
function fitToHost(agent: Agent, settings: TemplateOptions) {
  const { network = "none", volumes = [], devices = [], security } = settings;
  const { host } = agent;
  checkVolumes(host, volumes);
  checkLabels(host, security ?? {});
  const mask = host.readCapabilities();
  return {
    network,
    volumes: [...network === "host" ? hostFiles(settings) : [], ...volumes],
    devices: devices.map((device) => findDevice(host, device)),
    limits: fitLimits(agent, settings.limits),
    ulimits: fitUlimits(agent, settings.ulimits),
    security: withSeccomp(agent, security),
    ownCapabilities: mask === undefined ? undefined : capabilitiesIn(mask),
    ownLimits: (type: string) => host.readLimit(type),
  };
}

/** A shell for what names no program, unless that is a mistake. */
function defaultArgs(
  { Entrypoint, Cmd }: RunDefaults,
  { entrypoint, missingCommand = "shell" }: TemplateOptions,
): readonly string[] | undefined {
  const hasProgram = Entrypoint.length + Cmd.length > 0;
  const isMade = missingCommand === "shell" && !hasProgram &&
    entrypoint === undefined;
  return isMade ? DEFAULT_ARGS : undefined;
}

/** The machine's own default profile, where nothing else is said. */
function withSeccomp(
  agent: Agent,
  security: SecurityOptions = {},
): SecurityOptions {
  if (security.seccomp !== undefined || security.privileged) return security;
  return { ...security, seccomp: loadDefaultSeccomp(agent) };
}

function ownName(id: ContainerId, { uts }: TemplateOptions): string {
  return uts === "host" ? Deno.hostname() : id.slice(0, SHORT_ID_LENGTH);
}

/** Names that the host resolves, the container resolves. */
function hostFiles({ volumes = [] }: TemplateOptions): readonly Volume[] {
  const isTaken = (path: string) =>
    volumes.some(({ target }) => resolve(target) === path);
  return HOST_NETWORK_FILES
    .filter((path) => existsSync(path) && !isTaken(path))
    .map((path) => ({ source: path, target: path, access: "read-only" }));
}

async function resolveUser(
  agent: Agent,
  held: MountLocks,
  { user, groups, layerId, volumes, signal }: Abortable & {
    readonly user: string;
    readonly groups: readonly string[];
    readonly layerId: LayerId | undefined;
    readonly volumes: readonly Volume[];
  },
): Promise<ResolvedUser> {
  if (layerId === undefined) return await lookUpUser(user, noLines, groups);
  const lookUp = (image: string) =>
    lookUpUser(user, (file) => {
      const { root, path } = findUserFile(file, { image, volumes });
      // Such as /dev/null, by which a container shall know nobody.
      if (root === "/" && !isRegularFile(agent.host, path)) return noLines();
      return readLinesInRoot(root, path, { signal });
    }, groups);
  const { paths } = agent.store;
  // A layer that stands alone looks the same when it is not mounted.
  if (readLower(paths, layerId).length === 0) {
    return await lookUp(join(layerDirectory(paths, layerId), "diff"));
  }
  const access = "read-only" as const;
  const root = await mountLayer(agent, held, { layerId, access, signal });
  try {
    return await lookUp(root);
  } finally {
    await unmountLayer(agent, held, { layerId });
  }
}

/** Where the container will see a file: a volume may hide the image's. */
function findUserFile(
  file: UserFile,
  { image, volumes }: {
    readonly image: string;
    readonly volumes: readonly Volume[];
  },
): { readonly root: string; readonly path: string } {
  const sourceOf = (path: string) =>
    volumes.findLast(({ target }) => resolve(target) === path)?.source;
  const own = sourceOf(`/${file}`);
  if (own !== undefined) return { root: "/", path: own };
  const directory = sourceOf(`/${dirname(file)}`);
  if (directory === undefined) return { root: image, path: file };
  return { root: directory, path: basename(file) };
}

async function* noLines(): AsyncIterable<string> {}

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
