/**
 * Makes a container's configuration out of its image's: OCI image-spec v1.1,
 * conversion.md. What an image leaves open is as podman has it.
 */

import { resolve } from "@std/path";
import type { RunDefaults } from "../formats/image_config.ts";
import type {
  RuntimeLinux,
  RuntimeMount,
  RuntimeNamespace,
  RuntimeProcess,
  RuntimeSpec,
} from "../formats/runtime_spec.ts";
import {
  makeResources,
  makeRlimits,
  type OwnLimits,
  type ResourceLimits,
  type Ulimit,
} from "./limits.ts";
import { DEFAULT_MOUNTS } from "./sandbox_defaults.ts";
import {
  linuxSecurity,
  processSecurity,
  type SecurityOptions,
} from "./security.ts";
import type { ResolvedUser } from "./user_lookup.ts";

/** A directory or file of the host in a container. */
export interface Volume {
  /** On the host; absolute. */
  readonly source: string;
  /** In the container; absolute. */
  readonly target: string;
  /** `"read-write"` is the default. */
  readonly access?: "read-write" | "read-only";
}

/** What a container gets that its image does not say. */
export interface RuntimeSpecOptions {
  /** As found by `lookUpUser()`. */
  readonly user: ResolvedUser;
  /** At most 64 letters, digits, `_`, `.` and `-`. */
  readonly hostname: string;
  /** `"none"` is a loopback only, `"host"` all that the host has. */
  readonly network: "none" | "host";
  /** In place of the image's entrypoint; its command is dropped then, too. */
  readonly entrypoint?: readonly string[] | undefined;
  /** In place of the image's command; an empty list is none. */
  readonly args?: readonly string[] | undefined;
  /** `NAME=value`, over those of the image. */
  readonly env?: readonly string[] | undefined;
  /** In place of the image's; absolute. */
  readonly workdir?: string | undefined;
  /** What of the host is seen; a target may be one of the default mounts. */
  readonly volumes?: readonly Volume[] | undefined;
  /**
   * What becomes of the directories that the image wants as volumes: part of
   * the container's layer, which is the default, or in memory.
   */
  readonly imageVolumes?: "layer" | "tmpfs" | undefined;
  /** Whether it runs on a terminal of its own. */
  readonly terminal?: boolean | undefined;
  /** What the runtime is told besides; the image has no say in it. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Whether only volumes can be written to. */
  readonly readOnlyRoot?: boolean | undefined;
  /** Such as `/orlop/<container ID>`; the runtime's choice if left out. */
  readonly cgroupsPath?: string | undefined;
  /** `"private"` hides the host's tree, and takes cgroup v2. */
  readonly cgroupNamespace?: "host" | "private" | undefined;
  /** What it may do otherwise than by default. */
  readonly security?: SecurityOptions | undefined;
  /** How much it may use. */
  readonly limits?: ResourceLimits | undefined;
  /** How much each of its processes may use; `"own"` is as much as orlop. */
  readonly ulimits?: readonly Ulimit[] | "own" | undefined;
  /** Orlop's own capabilities, of which it can give; left out, all. */
  readonly ownCapabilities?: readonly string[] | undefined;
  /** Orlop's own limits; left out, unknown. */
  readonly ownLimits?: OwnLimits | undefined;
}

/** Where containers look for programs if their image does not say: podman. */
const DEFAULT_PATH =
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Makes a container's configuration. Its root's path is a placeholder:
 * `withRoot()` puts the real one in at each start.
 *
 * @throws {TypeError} If there is nothing to run, or a path, variable or host
 *   name is malformed.
 */
export function makeRuntimeSpec(
  config: RunDefaults,
  options: RuntimeSpecOptions,
): RuntimeSpec {
  const { hostname, readOnlyRoot = false } = options;
  checkHostname(hostname);
  return {
    ociVersion: "1.0.2",
    process: makeProcess(config, options),
    root: { path: "rootfs", readonly: readOnlyRoot },
    hostname,
    mounts: makeMounts(config, options),
    annotations: makeAnnotations(config, options),
    linux: makeLinux(options),
  };
}

function makeProcess(
  config: RunDefaults,
  options: RuntimeSpecOptions,
): RuntimeProcess {
  const { user, workdir, terminal = false } = options;
  const { ulimits = [], ownLimits = () => undefined } = options;
  const { uid, gid, additionalGids } = user;
  return {
    terminal,
    user: {
      uid,
      gid,
      umask: 0o022,
      ...(additionalGids.length === 0 ? {} : { additionalGids }),
    },
    args: makeArgs(config, options),
    env: makeEnv(config, options),
    cwd: checkPath("workdir", workdir || config.WorkingDir || "/"),
    rlimits: makeRlimits(ulimits, ownLimits),
    ...processSecurity(options),
  };
}

function makeArgs(
  config: RunDefaults,
  { entrypoint, args = [] }: RuntimeSpecOptions,
): readonly string[] {
  const command = args.length > 0 || entrypoint !== undefined
    ? args
    : config.Cmd;
  const all = [...entrypoint ?? config.Entrypoint, ...command];
  const [program] = all;
  if (program) return all;
  throw new TypeError(
    "Cannot make runtime spec: " +
      (program === undefined
        ? "the image names no command, so one must be given"
        : "the command is empty"),
  );
}

function makeEnv(
  config: RunDefaults,
  { user, hostname, terminal = false, env = [] }: RuntimeSpecOptions,
): readonly string[] {
  const variables = new Map([
    ["PATH", DEFAULT_PATH],
    ...(terminal ? [["TERM", "xterm"] as const] : []),
    ["HOME", user.home],
    ["HOSTNAME", hostname],
    // By this, systemd and others see where they are.
    ["container", "oci"],
  ]);
  for (const variable of [...config.Env, ...env]) {
    const end = variable.indexOf("=");
    // Docker's way to say that it is unset.
    if (end < 0) variables.delete(variable);
    else if (end === 0 || variable.includes("\0")) throw malformed(variable);
    else variables.set(variable.slice(0, end), variable.slice(end + 1));
  }
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

function malformed(variable: string): TypeError {
  return new TypeError(
    `Cannot make runtime spec: variable "${variable}" has no name`,
  );
}

function makeMounts(
  config: RunDefaults,
  { volumes = [], imageVolumes = "layer" }: RuntimeSpecOptions,
): readonly RuntimeMount[] {
  const given = volumes.map(bindMount);
  const targets = new Set(given.map(({ destination }) => destination));
  const isFree = ({ destination }: RuntimeMount) => !targets.has(destination);
  const wanted = imageVolumes === "tmpfs" ? config.Volumes : [];
  const inMemory = wanted.map(tmpfsMount).filter(isFree);
  const all = [...DEFAULT_MOUNTS.filter(isFree), ...inMemory, ...given];
  // Parents first: a later mount would hide one that lies below it.
  return all.toSorted((a, b) =>
    depthOf(a.destination) - depthOf(b.destination)
  );
}

function bindMount(
  { source, target, access = "read-write" }: Volume,
): RuntimeMount {
  const word = access === "read-only" ? "ro" : "rw";
  return {
    destination: checkPath("volume", target),
    type: "bind",
    source: checkPath("volume", source),
    options: ["rbind", "rprivate", word],
  };
}

function tmpfsMount(path: string): RuntimeMount {
  return {
    destination: checkPath("volume", path),
    type: "tmpfs",
    source: "tmpfs",
    // With what the image has there, as runc does it.
    options: ["nosuid", "nodev", "mode=1777", "tmpcopyup"],
  };
}

function depthOf(path: string): number {
  return path.split("/").filter(Boolean).length;
}

/**
 * An image's labels stay its own, unlike in conversion.md: runtimes obey some
 * annotations as root (`run.oci.*`, `org.systemd.property.*`, `org.criu.*`).
 */
function makeAnnotations(
  { StopSignal, ExposedPorts }: RunDefaults,
  { annotations }: RuntimeSpecOptions,
): Readonly<Record<string, string>> {
  const prefix = "org.opencontainers.image";
  return {
    ...(StopSignal && { [`${prefix}.stopSignal`]: StopSignal }),
    ...(ExposedPorts.length > 0 &&
      { [`${prefix}.exposedPorts`]: ExposedPorts.join(",") }),
    ...annotations,
  };
}

function makeLinux(options: RuntimeSpecOptions): RuntimeLinux {
  const { network, cgroupsPath, limits = {}, security } = options;
  return {
    namespaces: makeNamespaces(options),
    ...(cgroupsPath === undefined ? {} : { cgroupsPath }),
    resources: {
      // The runtime adds the harmless ones: /dev/null, /dev/zero, …
      devices: [{ allow: security?.privileged ?? false, access: "rwm" }],
      ...makeResources(limits),
    },
    // So that ping works without a capability; the host's is left alone.
    ...(network === "none" &&
      { sysctl: { "net.ipv4.ping_group_range": "0 0" } }),
    ...linuxSecurity(options),
  };
}

function makeNamespaces(
  { network, cgroupNamespace = "host" }: RuntimeSpecOptions,
): readonly RuntimeNamespace[] {
  return [
    ...["pid", "ipc", "uts", "mount"].map((type) => ({ type })),
    ...(network === "none" ? [{ type: "network" }] : []),
    ...(cgroupNamespace === "private" ? [{ type: "cgroup" }] : []),
  ];
}

function checkHostname(hostname: string): void {
  // sethostname(2) takes 64 bytes.
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(hostname)) return;
  throw new TypeError(
    `Cannot make runtime spec: "${hostname}" is no host name`,
  );
}

/** Takes a path in its shortest spelling, so that equal ones look equal. */
function checkPath(what: string, path: string): string {
  if (path.startsWith("/") && !path.includes("\0")) return resolve(path);
  throw new TypeError(
    `Cannot make runtime spec: ${what} "${path}" is not absolute`,
  );
}
