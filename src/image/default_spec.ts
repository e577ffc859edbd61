/**
 * Makes a container's configuration out of its image's: OCI image-spec v1.1,
 * conversion.md. Other settings are podman's defaults.
 */

import { STOP_SIGNAL } from "../formats/oci/annotations.ts";
import type { RunDefaults } from "../formats/oci/image_config.ts";
import type {
  RuntimeLinux,
  RuntimeProcess,
  RuntimeSpec,
} from "../formats/oci/runtime_spec.ts";
import { makeMounts, type MountOptions } from "./container_mounts.ts";
import { rootPropagation } from "./volumes.ts";
import { makeDevices, type RuntimeDevice } from "./devices.ts";
import {
  makeResources,
  makeRlimits,
  type OwnLimits,
  type ResourceLimits,
  type Ulimit,
} from "./limits.ts";
import { type ContainerNamespaces, makeNamespaces } from "./namespaces.ts";
import {
  linuxSecurity,
  processSecurity,
  type SecurityOptions,
} from "./security.ts";
import { makeSysctls } from "./sysctls.ts";
import type { ResolvedUser } from "./user_lookup.ts";
import { checkWorkingDirectory } from "./working_directory.ts";

/** Settings of a container beside those of its image. */
export interface RuntimeSpecOptions extends MountOptions, ContainerNamespaces {
  /** As found by `lookUpUser()`. */
  readonly user: ResolvedUser;
  /** At most 64 letters, digits, `_`, `.` and `-`. */
  readonly hostname: string;
  /**
   * In place of the image's entrypoint; its command is dropped then, too.
   *
   * @default {the image's}
   */
  readonly entrypoint?: readonly string[] | undefined;
  /**
   * In place of the image's command; an empty list is none.
   *
   * @default {the image's}
   */
  readonly args?: readonly string[] | undefined;
  /**
   * `NAME=value`, over those of the image.
   *
   * @default {[]}
   */
  readonly env?: readonly string[] | undefined;
  /**
   * In place of the image's; absolute.
   *
   * @default {the image's}
   */
  readonly workdir?: string | undefined;
  /**
   * Whether it runs on a terminal of its own.
   *
   * @default {false}
   */
  readonly terminal?: boolean | undefined;
  /**
   * Annotations for the runtime; the image cannot set them.
   *
   * @default {nothing else}
   */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether only volumes can be written to.
   *
   * @default {false}
   */
  readonly readOnlyRoot?: boolean | undefined;
  /**
   * Such as `/orlop/<container ID>`; the runtime's choice if omitted.
   *
   * @default {the runtime's choice}
   */
  readonly cgroupsPath?: string | undefined;
  /**
   * Differences from the default security settings.
   *
   * @default {nothing else}
   */
  readonly security?: SecurityOptions | undefined;
  /**
   * Limits of its cgroup.
   *
   * @default {nothing else}
   */
  readonly limits?: ResourceLimits | undefined;
  /**
   * Limits of each of its processes; `"own"` keeps orlop's.
   *
   * @default {[]}
   */
  readonly ulimits?: readonly Ulimit[] | "own" | undefined;
  /**
   * Devices of the host that it may use.
   *
   * @default {[]}
   */
  readonly devices?: readonly RuntimeDevice[] | undefined;
  /**
   * Namespaced kernel parameters.
   *
   * @default {nothing else}
   */
  readonly sysctl?: Readonly<Record<string, string>> | undefined;
  /**
   * Bits that new files do not get; 022 if omitted.
   *
   * @default {0o022}
   */
  readonly umask?: number | undefined;
  /**
   * The OOM score adjustment: -1000 to 1000.
   *
   * @default {orlop's own}
   */
  readonly oomScoreAdj?: number | undefined;
  /**
   * Its stop signal, instead of the image's.
   *
   * @default {the image's}
   */
  readonly stopSignal?: string | undefined;
  /**
   * Orlop's own capabilities, of which it can give; if omitted, all.
   *
   * @default {all}
   */
  readonly ownCapabilities?: readonly string[] | undefined;
  /**
   * Orlop's own limits; if omitted, unknown.
   *
   * @default {unknown}
   */
  readonly ownLimits?: OwnLimits | undefined;
}

// Longer values are cut in messages.
const MAX_SHOWN = 80;
const DEFAULT_UMASK = 0o022;
/** The default PATH of containers: podman's. */
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
  const { hostname, readOnlyRoot = false, security, uts } = options;
  checkHostname(hostname);
  const { privileged } = security ?? {};
  return {
    ociVersion: "1.0.2",
    process: makeProcess(config, options),
    root: { path: "rootfs", readonly: readOnlyRoot },
    // The host's name and that of a namespace which is joined are set already.
    ...(uts === undefined || uts === "private" ? { hostname } : {}),
    mounts: makeMounts(config, { ...options, privileged }),
    annotations: makeAnnotations(config, options),
    linux: makeLinux(options),
  };
}

function makeProcess(
  config: RunDefaults,
  options: RuntimeSpecOptions,
): RuntimeProcess {
  const { user, workdir, terminal = false, oomScoreAdj } = options;
  const { ulimits = [], ownLimits = () => undefined } = options;
  const { uid, gid, additionalGids } = user;
  return {
    terminal,
    user: {
      uid,
      gid,
      umask: options.umask ?? DEFAULT_UMASK,
      ...(additionalGids.length === 0 ? {} : { additionalGids }),
    },
    args: makeArgs(config, options),
    env: makeEnv(config, options),
    cwd: checkWorkingDirectory(workdir || config.WorkingDir || "/"),
    rlimits: makeRlimits(ulimits, ownLimits),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
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
  // A runtime prints the name of a program that it cannot start unescaped.
  if (program && /[\p{Cc}\p{Bidi_Control}]/u.test(program)) {
    throw new TypeError(
      `Cannot run "${program}": a program's name has no control characters`,
    );
  }
  if (program) return all;
  throw new TypeError(
    "Cannot choose a command: " +
      (program === undefined
        ? "the image has no command; specify one"
        : "the command is empty"),
  );
}

function makeEnv(
  config: RunDefaults,
  { user, hostname, env = [] }: RuntimeSpecOptions,
): readonly string[] {
  const variables = new Map([
    ["PATH", DEFAULT_PATH],
    ["TERM", "xterm"],
    ["HOME", user.home],
    ["HOSTNAME", hostname],
    // systemd and others detect a container by this.
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
  const why = variable.startsWith("=") ? "it has no name" : "it has a NUL";
  const shown = variable.slice(0, MAX_SHOWN);
  return new TypeError(`Cannot set variable "${shown}": ${why}`);
}

/**
 * An image's labels stay its own, unlike in conversion.md: runtimes obey some
 * annotations as root (`run.oci.*`, `org.systemd.property.*`, `org.criu.*`).
 */
function makeAnnotations(
  { StopSignal, ExposedPorts }: RunDefaults,
  { annotations, stopSignal = StopSignal }: RuntimeSpecOptions,
): Readonly<Record<string, string>> {
  const prefix = "org.opencontainers.image";
  return {
    ...(stopSignal && { [STOP_SIGNAL]: stopSignal }),
    ...(ExposedPorts.length > 0 &&
      { [`${prefix}.exposedPorts`]: ExposedPorts.join(",") }),
    ...annotations,
  };
}

function makeLinux(options: RuntimeSpecOptions): RuntimeLinux {
  const { cgroupsPath, limits = {}, security } = options;
  const { devices = [], volumes = [], sysctl = {} } = options;
  const propagation = rootPropagation(volumes);
  const others = security?.privileged ? "allow" : "deny";
  const { nodes, rules } = makeDevices(devices, others);
  return {
    namespaces: makeNamespaces(options),
    ...(cgroupsPath === undefined ? {} : { cgroupsPath }),
    ...(nodes.length === 0 ? {} : { devices: nodes }),
    resources: { devices: rules, ...makeResources(limits) },
    ...(propagation === undefined ? {} : { rootfsPropagation: propagation }),
    sysctl: makeSysctls(sysctl, options),
    ...linuxSecurity(options),
  };
}

function checkHostname(hostname: string): void {
  // sethostname(2) takes 64 bytes.
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(hostname)) return;
  throw new TypeError(
    `Cannot use host name "${hostname}": expected at most 64 letters, ` +
      "digits, _ . or -, the first a letter or digit",
  );
}
