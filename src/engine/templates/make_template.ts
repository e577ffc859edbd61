/** Makes a container's template: the OCI runtime configuration it begins with. */

import type { Abortable } from "../../errors/abort.ts";
import type {
  ImageConfig,
  RunDefaults,
} from "../../formats/oci/image_config.ts";
import type { RuntimeSpec } from "../../formats/oci/runtime_spec.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import { capabilitiesIn } from "../../image/capabilities.ts";
import {
  type ContainerFile,
  containerFiles,
} from "../../image/container_files.ts";
import {
  makeRuntimeSpec,
  type RuntimeSpecOptions,
} from "../../image/default_spec.ts";
import type { SecurityOptions } from "../../image/security.ts";
import type { UserLookupOptions } from "../../image/user_lookup.ts";
import { CGROUPS } from "../../process/libc_proc.ts";
import type { Agent } from "../agent.ts";
import { listCgroupMounts } from "../cgroups.ts";
import type { MountLocks } from "../mounts/mount_counts.ts";
import {
  addDescribedDevices,
  type DescribedDevices,
} from "./described_devices.ts";
import {
  checkLabels,
  checkVolumes,
  type DeviceRequest,
  findDevice,
  fitLimits,
  fitOomScore,
  fitUlimits,
} from "./host_resources.ts";
import { loadDefaultSeccomp } from "./load_seccomp.ts";
import { lookIntoImage } from "./look_into_image.ts";

/** Settings of a container beside those of its image. */
export interface TemplateOptions extends
  UserLookupOptions,
  Partial<
    Omit<
      RuntimeSpecOptions,
      "user" | "devices" | "ownCapabilities" | "ownLimits"
    >
  > {
  /**
   * Files of the bundle that are mounted in it, if its image allows it.
   *
   * @default {all; `resolv.conf` only where there is a network}
   */
  readonly files?: readonly ContainerFile[] | undefined;
  /**
   * What to run if the image has no command: a shell, by default.
   *
   * @default {"shell"}
   */
  readonly missingCommand?: "shell" | "refuse" | undefined;
  /**
   * Devices of the host that it may use.
   *
   * @default {[]}
   */
  readonly devices?: readonly DeviceRequest[] | undefined;
  /**
   * Devices that specifications of CDI describe.
   *
   * @default {none}
   */
  readonly describedDevices?: DescribedDevices | undefined;
  /**
   * `name|uid[:group|gid]`; if omitted, the image's.
   *
   * @default {the image's}
   */
  readonly user?: string | undefined;
  /**
   * What to do if the requested working directory is missing in the image; `"make"`
   * creates it at each start.
   *
   * @default {"refuse"}
   */
  readonly missingWorkdir?: "refuse" | "make" | undefined;
}

/** The container of the template. */
export interface TemplateRequest {
  readonly containerId: ContainerId;
  /** Undefined if the image is gone. */
  readonly image: ImageRecord | undefined;
  /** The image's; undefined if it has none. */
  readonly config: ImageConfig | undefined;
}

/** For containers of images that have no config. */
export const NO_DEFAULTS: RunDefaults = {
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
  const found = await lookIntoImage(agent, held, {
    user: settings.user ?? defaults.User,
    groups: settings.groups,
    gid: settings.gid,
    memberships: settings.memberships,
    layerId: image?.layer,
    workdir: settings.workdir,
    volumes: settings.volumes ?? [],
    signal,
  });
  const wanted = settings.files ?? defaultFiles(fitted.network);
  const spec = makeRuntimeSpec(defaults, {
    ...settings,
    ...fitted,
    user: found.user,
    hostname: settings.hostname ?? ownName(agent, containerId, settings),
    files: found.files.filter((file) => wanted.includes(file)),
    args: settings.args ?? defaultArgs(defaults, settings),
    cgroupsPath: settings.cgroupsPath ?? `/orlop/${containerId}`,
    cgroupNamespace: settings.cgroupNamespace ??
      await findCgroupNamespace(agent, { signal }),
  });
  const { missingWorkdir = "refuse" } = settings;
  if (settings.workdir && !found.hasWorkdir && missingWorkdir === "refuse") {
    checkWorkdir(spec);
  }
  const { describedDevices = { names: [] } } = settings;
  return await addDescribedDevices(agent.host, spec, describedDevices);
}

/** `resolv.conf` is mounted only in containers with a network. */
function defaultFiles(
  network: RuntimeSpecOptions["network"],
): readonly ContainerFile[] {
  return containerFiles().filter((file) =>
    file !== "resolv.conf" || network !== "none"
  );
}

/** A working directory that the image lacks must be in a mount. */
function checkWorkdir({ process, mounts = [] }: RuntimeSpec): void {
  const workdir = process?.cwd ?? "/";
  const isMounted = mounts.some(({ destination }) =>
    `${workdir}/`.startsWith(`${destination}/`)
  );
  if (isMounted || workdir === "/") return;
  throw new TypeError(
    `Cannot use working directory "${workdir}": the image has no such ` +
      "directory",
  );
}

/** Adapts settings to the machine and to orlop's own privileges. */
function fitToHost(agent: Agent, settings: TemplateOptions) {
  const { network = "none", volumes = [], devices = [], security } = settings;
  const { host } = agent;
  checkVolumes(host, volumes);
  checkLabels(host, security ?? {});
  const mask = host.readCapabilities();
  return {
    network,
    devices: devices.map((device) => findDevice(host, device)),
    limits: fitLimits(agent, settings.limits),
    ulimits: fitUlimits(agent, settings.ulimits),
    oomScoreAdj: fitOomScore(agent, settings.oomScoreAdj),
    security: withSeccomp(agent, security),
    ownCapabilities: mask === undefined ? undefined : capabilitiesIn(mask),
    ownLimits: (type: string) => host.readLimit(type),
  };
}

/** A shell if no program is named, unless that is an error. */
function defaultArgs(
  { Entrypoint, Cmd }: RunDefaults,
  { entrypoint, missingCommand = "shell" }: TemplateOptions,
): readonly string[] | undefined {
  const hasProgram = Entrypoint.length + Cmd.length > 0;
  const isMade = missingCommand === "shell" && !hasProgram &&
    entrypoint === undefined;
  return isMade ? DEFAULT_ARGS : undefined;
}

/** The machine's default profile, unless another one is given. */
function withSeccomp(
  agent: Agent,
  security: SecurityOptions = {},
): SecurityOptions {
  if (security.seccomp !== undefined || security.privileged) return security;
  return { ...security, seccomp: loadDefaultSeccomp(agent) };
}

/**
 * The host name: the host's own, if the container shares its network or UTS
 * namespace.
 */
function ownName(
  { host }: Agent,
  id: ContainerId,
  { uts, network }: TemplateOptions,
): string {
  const isShared = uts === "host" || network === "host";
  return isShared && host.readHostname() || id.slice(0, SHORT_ID_LENGTH);
}

/** A private cgroup namespace needs cgroup v2 at the root of cgroups. */
async function findCgroupNamespace(
  agent: Agent,
  { signal }: Abortable,
): Promise<"host" | "private"> {
  const mounts = await listCgroupMounts(agent, { signal });
  const isVersion2 = mounts.some(({ target, type }) =>
    target === CGROUPS && type === "cgroup2"
  );
  return isVersion2 ? "private" : "host";
}
