/** Container configurations, `config.json`: OCI runtime-spec v1.1, config.md. */

import { asObject, type JsonObject, parseJson, rawNumber } from "../json.ts";
import { checkRuntimeSpec } from "./check_runtime_spec.ts";

/** A container's configuration; members that are not listed are kept. */
export interface RuntimeSpec {
  /** The version of the specification, 1.x. */
  readonly ociVersion: string;
  /** What it sees as `/`. */
  readonly root?: RuntimeRoot;
  /** Its first process. */
  readonly process?: RuntimeProcess;
  /** In its own UTS namespace. */
  readonly hostname?: string;
  /** In the order in which they are made. */
  readonly mounts?: readonly RuntimeMount[];
  /** Free texts by name. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Namespaces, cgroups, and more. */
  readonly linux?: RuntimeLinux;
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** The root file system. */
export interface RuntimeRoot {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  /** Whether it cannot be changed. */
  readonly readonly?: boolean;
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** What runs. */
export interface RuntimeProcess {
  /** Whether it has a terminal of its own. */
  readonly terminal?: boolean;
  /** Root is the default. */
  readonly user?: RuntimeUser;
  /** The program and its arguments. */
  readonly args?: readonly string[];
  /** `NAME=value`. */
  readonly env?: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** Root's rights, by set and name. */
  readonly capabilities?: Readonly<Record<string, readonly string[]>>;
  /** Instead of the runtime's own limits. */
  readonly rlimits?: readonly RuntimeRlimit[];
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** Who runs it. */
export interface RuntimeUser {
  /** The user ID. */
  readonly uid?: number;
  /** The ID of the primary group. */
  readonly gid?: number;
  /** Bits that new files do not get. */
  readonly umask?: number;
  /** Further groups. */
  readonly additionalGids?: readonly number[];
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** A limit of a process: setrlimit(2). */
export interface RuntimeRlimit {
  /** Such as `RLIMIT_NOFILE`. */
  readonly type: string;
  /** What the process may raise its own limit to. */
  readonly hard: bigint | number;
  /** What it begins with. */
  readonly soft: bigint | number;
}

/** A mount inside of the container. */
export interface RuntimeMount {
  /** Where, in the container. */
  readonly destination: string;
  /** The file system, or `bind`. */
  readonly type?: string;
  /** A device or, for `bind`, a path on the host. */
  readonly source?: string;
  /** As in fstab(5), and those of config.md. */
  readonly options?: readonly string[];
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** What is Linux's own. */
export interface RuntimeLinux {
  /** Those that are not the runtime's own. */
  readonly namespaces?: readonly RuntimeNamespace[];
  /** Where in the tree of cgroups. */
  readonly cgroupsPath?: string;
  /** Limits of the cgroup, by controller. */
  readonly resources?: Readonly<Record<string, unknown>>;
  /** Which system calls it may make. */
  readonly seccomp?: RuntimeSeccomp;
  /** What it cannot see. */
  readonly maskedPaths?: readonly string[];
  /** What it cannot change. */
  readonly readonlyPaths?: readonly string[];
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** Which system calls a container may make: config-linux.md, Seccomp. */
export interface RuntimeSeccomp {
  /** What happens to calls that are not listed. */
  readonly defaultAction: string;
  /** What is listed, in the order in which it counts. */
  readonly syscalls?: readonly Readonly<Record<string, unknown>>[];
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** A namespace that is made, or joined if there is a path. */
export interface RuntimeNamespace {
  /** Such as `pid`. */
  readonly type: string;
  /** An existing one to join. */
  readonly path?: string;
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** Longer configurations are not read, in bytes. */
export const MAX_SPEC_SIZE = 4 * 1024 * 1024;

/**
 * Parses a container's configuration. Numbers beyond what JavaScript counts
 * exactly, which limits of resources may be, keep all their digits.
 *
 * @param what What is being read, for errors.
 * @throws {SyntaxError} If it is none, or one of another major version.
 */
export function parseRuntimeSpec(
  text: string,
  what = "runtime spec",
): RuntimeSpec {
  const options = { maxSize: MAX_SPEC_SIZE, numbers: "as-written" } as const;
  const spec = asObject(parseJson(text, what, options), what);
  checkRuntimeSpec(spec, what);
  // It was found to have all that the type promises.
  return spec as JsonObject & RuntimeSpec;
}

/** The text of a configuration, as it is written to `config.json`. */
export function formatRuntimeSpec(spec: RuntimeSpec): string {
  return `${JSON.stringify(spec, writeDigits, 2)}\n`;
}

/** The text of a part of a configuration, such as its process or its resources. */
export function formatSpecPart(part: unknown): string {
  return JSON.stringify(part, writeDigits);
}

/** The same configuration with another root file system. */
export function withRoot(spec: RuntimeSpec, path: string): RuntimeSpec {
  return { ...spec, root: { ...spec.root, path } };
}

/** The same configuration with further mounts; itself if there are none. */
export function withMounts(
  spec: RuntimeSpec,
  more: readonly RuntimeMount[],
): RuntimeSpec {
  if (more.length === 0) return spec;
  return { ...spec, mounts: [...spec.mounts ?? [], ...more] };
}

/** Writes numbers beyond what JavaScript counts exactly. */
function writeDigits(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawNumber(String(value)) : value;
}
