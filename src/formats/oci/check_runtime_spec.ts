/** Whether a `config.json` is as the OCI runtime-spec v1.1, config.md, says. */

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
} from "../json.ts";

/**
 * Checks the members that orlop reads; others are the runtime's to judge.
 *
 * @param what What is being read, for errors.
 * @throws {SyntaxError} If one is not as specified, or the version is not 1.x.
 */
export function checkRuntimeSpec(spec: JsonObject, what: string): void {
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
