/** Converts flags of a container to engine settings. */

import type { TemplateOptions } from "../../../engine/templates/make_template.ts";
import { isDeviceName } from "../../../formats/cdi/device_name.ts";
import { formatHosts } from "../../../formats/config/hosts.ts";
import { parseSignal } from "../../../formats/config/signals.ts";
import { isIpAddress } from "../../../formats/ip_address.ts";
import {
  ADDED_HOSTS,
  LABEL_PREFIX,
  LOG_SIZE,
  STOP_TIMEOUT,
} from "../../../formats/oci/annotations.ts";
import type { TmpfsVolume } from "../../../image/volumes.ts";
import type { FlagValues } from "../../command.ts";
import type { CONTAINER_FLAGS } from "../../table/container_flags.ts";
import { readDevice } from "./device_flag.ts";
import { type EnvSources, readEnvFlags } from "./env_flags.ts";
import { badFlag, readPair } from "./flag_value.ts";
import {
  readLimits,
  readOomScore,
  readSize,
  readUlimits,
} from "./limit_flags.ts";
import { readMount, readTmpfs, readVolume } from "./mount_flags.ts";
import { readNetworks } from "./network_flags.ts";
import { readSecurity, readSysctls, readUmask } from "./security_flags.ts";

/** The values of the flags. */
export type ContainerFlags = FlagValues<typeof CONTAINER_FLAGS>;

// What podman keeps writable beside a read-only root.
const TMPFS_BESIDE_READ_ONLY = ["/run", "/tmp", "/var/tmp"];

/**
 * Turns flags into settings of a template.
 *
 * @param args The container's command; the image's if empty.
 * @throws {UsageError} If a value is malformed.
 */
export function containerSettings(
  flags: ContainerFlags,
  args: readonly string[],
  sources: EnvSources,
): TemplateOptions {
  const { entrypoint, hostname, user, workdir } = flags;
  const network = readNetworks(flags).kind === "host" ? "host" : "none";
  return {
    args: args.length > 0 ? args : undefined,
    entrypoint: entrypoint === undefined
      ? undefined
      : readEntrypoint(entrypoint),
    env: readEnvFlags(flags, sources),
    workdir,
    // An empty user means the image's, not root.
    user: user || undefined,
    groups: flags["group-add"].map(readGroup),
    ...readMounts(flags),
    devices: flags.device.filter((text) => !isDeviceName(text)).map(readDevice),
    describedDevices: { names: flags.device.filter(isDeviceName) },
    ...readNamespaces(flags),
    network,
    terminal: flags.tty,
    readOnlyRoot: flags["read-only"],
    ...readSecurity(flags),
    sysctl: readSysctls(flags),
    umask: readUmask(flags.umask),
    limits: readLimits(flags),
    ulimits: readUlimits(flags),
    oomScoreAdj: readOomScore(flags),
    annotations: readAnnotations(flags),
    stopSignal: readStopSignal(flags["stop-signal"]),
    ...(hostname ? { hostname } : {}),
  };
}

/** One word, or several as a JSON array; nothing is an empty one. */
function readEntrypoint(text: string): readonly string[] {
  if (!text.startsWith("[")) return text === "" ? [] : [text];
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((w) => typeof w === "string")) {
      return words;
    }
  } catch {
    // Reported below with the flag's name.
  }
  throw badFlag("entrypoint", text, "expected a JSON array of texts");
}

function readGroup(text: string): string {
  if (text !== "keep-groups") return text;
  throw badFlag("group-add", text, "write the groups' names or numbers");
}

function readMounts(flags: ContainerFlags) {
  const mounts = flags.mount.map(readMount);
  const tmpfs = [
    ...flags.tmpfs.map(readTmpfs),
    ...mounts.flatMap((mount) => mount.kind === "tmpfs" ? [mount.volume] : []),
  ];
  const volumes = [
    ...flags.volume.map(readVolume),
    ...mounts.flatMap((mount) => mount.kind === "bind" ? [mount.volume] : []),
  ];
  const taken = new Set([...tmpfs, ...volumes].map(({ target }) => target));
  const wantsMore = flags["read-only"] && flags["read-only-tmpfs"] !== false;
  const more = wantsMore
    ? TMPFS_BESIDE_READ_ONLY.filter((target) => !taken.has(target))
    : [];
  return {
    volumes,
    tmpfs: [...tmpfs, ...more.map((target): TmpfsVolume => ({ target }))],
    shmSize: readSize("shm-size", flags["shm-size"]),
  };
}

function readNamespaces(
  { hostname, pid, ipc, uts, cgroupns }: ContainerFlags,
) {
  if (uts === "host" && hostname !== undefined) {
    throw badFlag("hostname", hostname, "with --uts=host it is the host's");
  }
  return {
    pid,
    // In podman: its own namespace, which others may join.
    ipc: ipc === "shareable" ? "private" as const : ipc,
    uts,
    cgroupNamespace: cgroupns,
  };
}

/** orlop stores its own settings among them. */
function readAnnotations(
  { annotation, label, ...flags }: ContainerFlags,
): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...readStopTimeout(flags["stop-timeout"]),
    ...readLogOptions(flags["log-opt"]),
    ...readAddedHosts(flags["add-host"]),
    ...annotation.map((text) => readPair("annotation", text)),
    ...label.map((text) => {
      // As in podman, a label without a value has an empty one.
      const [name, value] = readPair(
        "label",
        text === "" || text.includes("=") ? text : `${text}=`,
      );
      return [`${LABEL_PREFIX}${name}`, value] as const;
    }),
  ]);
}

function readStopSignal(text: string | undefined): string | undefined {
  if (text === undefined || parseSignal(text) !== undefined) return text;
  const advice = "write a name, such as TERM, or a number, 1 to 64";
  throw badFlag("stop-signal", text, advice);
}

function readStopTimeout(text: string | undefined): [string, string][] {
  if (text === undefined) return [];
  if (/^\d{1,6}$/.test(text)) return [[STOP_TIMEOUT, text]];
  throw badFlag("stop-timeout", text, "write whole seconds");
}

/** podman's: of those it has, `path` and `tag` mean nothing here. */
function readLogOptions(texts: readonly string[]): [string, string][] {
  return texts.flatMap((text): [string, string][] => {
    const [, size] = /^max-size=(.*)$/s.exec(text) ?? [];
    if (size === undefined) {
      throw badFlag(
        "log-opt",
        text,
        "write max-size=SIZE, such as max-size=10m",
      );
    }
    if (size === "-1") return []; // podman's word for no limit
    const bytes = readSize("log-opt", size);
    if (bytes) return [[LOG_SIZE, String(bytes)]];
    throw badFlag("log-opt", text, "write a size, such as max-size=10m");
  });
}

/** `NAME:ADDRESS`, as lines of hosts(5). */
function readAddedHosts(texts: readonly string[]): [string, string][] {
  const entries = texts.map((text) => {
    const [, name, address = ""] = /^([^\s#:]+):(.*)$/s.exec(text) ?? [];
    if (name !== undefined && isIpAddress(address)) {
      return { address, names: [name] };
    }
    throw badFlag("add-host", text, "write NAME:ADDRESS, such as db:10.0.0.5");
  });
  return entries.length === 0 ? [] : [[ADDED_HOSTS, formatHosts(entries)]];
}
