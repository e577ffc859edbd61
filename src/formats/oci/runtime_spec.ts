/** Container configurations, `config.json`: OCI runtime-spec v1.1, config.md. */

import {
  asArray,
  asBoolean,
  asInteger,
  asObject,
  asString,
  asStringMap,
  asStrings,
  type JsonObject,
  optional,
  parseJson,
} from "../json.ts";

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
  parseJson(text, what);
  const spec = asObject(JSON.parse(text, keepDigits), what);
  checkSpec(spec, what);
  return spec;
}

/** The text of a configuration, as it is written to `config.json`. */
export function formatRuntimeSpec(spec: RuntimeSpec): string {
  return `${JSON.stringify(spec, writeDigits, 2)}\n`;
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

/** Keeps a number's text where its value would print as another. */
function keepDigits(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined) return value;
  return String(value) === source ? value : rawNumber(source);
}

/** Writes numbers beyond what JavaScript counts exactly. */
function writeDigits(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawNumber(String(value)) : value;
}

function rawNumber(digits: string): unknown {
  // ECMAScript 2026, which TypeScript's library lacks as yet.
  const rawJson: unknown = Reflect.get(JSON, "rawJSON");
  return typeof rawJson === "function" ? rawJson(digits) : Number(digits);
}

function checkSpec(
  spec: JsonObject,
  what: string,
): asserts spec is JsonObject & RuntimeSpec {
  const version = asString(spec["ociVersion"], `${what}, ociVersion`);
  if (!/^1\.\d+\.\d+/.test(version)) {
    throw new SyntaxError(
      `Cannot read ${what}: version "${version}" is not supported, only 1.x`,
    );
  }
  check(spec, "root", what, checkRoot);
  check(spec, "process", what, checkProcess);
  check(spec, "hostname", what, asString);
  check(spec, "mounts", what, each(checkMount));
  check(spec, "annotations", what, asStringMap);
  check(spec, "linux", what, checkLinux);
}

function checkRoot(value: unknown, what: string): void {
  const root = asObject(value, what);
  asString(root["path"], `${what}.path`);
  check(root, "readonly", what, asBoolean);
}

function checkProcess(value: unknown, what: string): void {
  const process = asObject(value, what);
  asAbsolute(process["cwd"], `${what}.cwd`);
  check(process, "terminal", what, asBoolean);
  check(process, "user", what, checkUser);
  check(process, "args", what, asStrings);
  check(process, "env", what, each(checkVariable));
}

function checkUser(value: unknown, what: string): void {
  const user = asObject(value, what);
  check(user, "uid", what, asId);
  check(user, "gid", what, asId);
  check(user, "umask", what, asId);
  check(user, "additionalGids", what, each(asId));
}

function checkVariable(value: unknown, what: string): void {
  const variable = asString(value, what);
  if (variable.indexOf("=") > 0) return;
  throw new SyntaxError(
    `Cannot read ${what}: expected NAME=value, got "${variable}"`,
  );
}

function checkMount(value: unknown, what: string): void {
  const mount = asObject(value, what);
  // runc takes relative ones from before 1.0 still, with a warning.
  asString(mount["destination"], `${what}.destination`);
  check(mount, "type", what, asString);
  check(mount, "source", what, asString);
  check(mount, "options", what, asStrings);
}

function checkLinux(value: unknown, what: string): void {
  const linux = asObject(value, what);
  check(linux, "cgroupsPath", what, asString);
  check(linux, "namespaces", what, each(checkNamespace));
}

function checkNamespace(value: unknown, what: string): void {
  const namespace = asObject(value, what);
  asString(namespace["type"], `${what}.type`);
  check(namespace, "path", what, asString);
}

/** Checks a member that may be absent. */
function check(
  object: JsonObject,
  key: string,
  what: string,
  as: (value: unknown, what: string) => unknown,
): void {
  optional(object[key], `${what}.${key}`, as);
}

/** Checks all items of an array. */
function each(
  as: (value: unknown, what: string) => unknown,
): (value: unknown, what: string) => void {
  return (value, what) =>
    asArray(value, what).forEach((item, index) =>
      as(item, `${what}[${index}]`)
    );
}

function asAbsolute(value: unknown, what: string): string {
  const path = asString(value, what);
  if (path.startsWith("/")) return path;
  throw new SyntaxError(
    `Cannot read ${what}: expected an absolute path, got "${path}"`,
  );
}

function asId(value: unknown, what: string): number {
  const id = asInteger(value, what);
  if (id >= 0 && id < 2 ** 32) return id;
  throw new SyntaxError(`Cannot read ${what}: ${id} is out of range`);
}
