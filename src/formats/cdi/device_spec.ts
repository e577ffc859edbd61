/** Specifications of devices: CDI, the Container Device Interface, v1. */

import {
  asArray,
  asInteger,
  asObject,
  asString,
  asStrings,
  type JsonObject,
  optional,
  parseJson,
} from "../json.ts";
import { isKind, isNameInKind } from "./device_name.ts";

/** A specification: the devices of one kind. */
export interface DeviceSpec {
  /** Such as `vendor.com/class`. */
  readonly kind: string;
  /** The edits of each device, by name. */
  readonly devices: ReadonlyMap<string, DeviceEdits>;
  /** The edits for any device of the kind. */
  readonly edits: DeviceEdits;
}

/** Changes of a container's configuration. */
export interface DeviceEdits {
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly nodes: readonly DeviceNode[];
  readonly mounts: readonly DeviceMount[];
  readonly hooks: readonly DeviceHook[];
  /** Groups that its user is in. */
  readonly groups: readonly number[];
}

/** A device node. */
export interface DeviceNode {
  /** In the container; absolute. */
  readonly path: string;
  /** On the host; absolute. */
  readonly hostPath: string;
  /** Some of `r`, `w` and `m`. */
  readonly permissions: string;
  readonly fileMode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** Something of the host. */
export interface DeviceMount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly type?: string | undefined;
  readonly options: readonly string[];
}

/** A program that the runtime runs on the host, as root: config.md, "Hooks". */
export interface DeviceHook {
  readonly hookName: string;
  readonly path: string;
  readonly args?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
}

const MAX_SIZE = 4 * 1024 * 1024;
const HOOKS = [
  ...["prestart", "createRuntime", "createContainer", "startContainer"],
  ...["poststart", "poststop"],
];
const KNOWN = ["env", "deviceNodes", "mounts", "hooks", "additionalGids"];

/**
 * Parses a specification.
 *
 * @param what How messages call it.
 * @throws {SyntaxError} If it is malformed, or has unknown edits, without which a
 *   device would not work as specified.
 */
export function parseDeviceSpec(text: string, what: string): DeviceSpec {
  const object = asObject(parseJson(text, what, { maxSize: MAX_SIZE }), what);
  const version = asString(object["cdiVersion"], `${what}, cdiVersion`);
  if (!/^(0\.[3-9]|1)\.\d+/.test(version)) {
    throw wrong(what, `version "${version}" is not known`);
  }
  const kind = asString(object["kind"], `${what}, kind`);
  if (!isKind(kind)) throw wrong(what, `"${kind}" is no kind of devices`);
  const devices = new Map<string, DeviceEdits>();
  for (const value of asArray(object["devices"], `${what}, devices`)) {
    const device = asObject(value, `${what}, devices`);
    const name = asString(device["name"], `${what}, name`);
    if (!isNameInKind(name)) throw wrong(what, `"${name}" is no device's name`);
    if (devices.has(name)) throw wrong(what, `"${name}" is there twice`);
    const edits = device["containerEdits"];
    devices.set(name, readEdits(edits, `${what}, device "${name}"`));
  }
  const edits = object["containerEdits"] ?? {};
  return { kind, devices, edits: readEdits(edits, what) };
}

function readEdits(value: unknown, what: string): DeviceEdits {
  const object = asObject(value, `${what}, containerEdits`);
  const unknown = Object.keys(object).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) {
    throw wrong(what, `containerEdits.${unknown} is not supported`);
  }
  const list = <T>(key: string, read: (item: JsonObject, what: string) => T) =>
    asArray(object[key] ?? [], `${what}, ${key}`)
      .map((item) =>
        read(asObject(item, `${what}, ${key}`), `${what}, ${key}`)
      );
  return {
    env: asStrings(object["env"] ?? [], `${what}, env`)
      .map((text) => checkText(text, /^[^=\0]+=[^\0]*$/, `${what}, env`)),
    nodes: list("deviceNodes", readNode),
    mounts: list("mounts", readMount),
    hooks: list("hooks", readHook),
    groups: asArray(object["additionalGids"] ?? [], what)
      .map((gid) => readId(gid, `${what}, additionalGids`)),
  };
}

function readNode(object: JsonObject, what: string): DeviceNode {
  const path = readPath(object["path"], what);
  const at = (key: string) => `${what}, ${key}`;
  return {
    path,
    hostPath: optional(object["hostPath"], at("hostPath"), readPath) ?? path,
    permissions: checkText(
      optional(object["permissions"], at("permissions"), asString) || "rwm",
      /^[rwm]{1,3}$/,
      at("permissions"),
    ),
    fileMode: optional(object["fileMode"], at("fileMode"), readId),
    uid: optional(object["uid"], at("uid"), readId),
    gid: optional(object["gid"], at("gid"), readId),
  };
}

function readMount(object: JsonObject, what: string): DeviceMount {
  return {
    hostPath: readPath(object["hostPath"], `${what}, hostPath`),
    containerPath: readPath(object["containerPath"], `${what}, containerPath`),
    type: optional(object["type"], `${what}, type`, asString),
    options: asStrings(object["options"] ?? [], `${what}, options`),
  };
}

function readHook(object: JsonObject, what: string): DeviceHook {
  const hookName = asString(object["hookName"], `${what}, hookName`);
  if (!HOOKS.includes(hookName)) {
    throw wrong(what, `there is no hook "${hookName}"`);
  }
  return {
    hookName,
    path: readPath(object["path"], `${what}, path`),
    args: optional(object["args"], `${what}, args`, asStrings),
    env: optional(object["env"], `${what}, env`, asStrings),
    timeout: optional(object["timeout"], `${what}, timeout`, readId),
  };
}

function readPath(value: unknown, what: string): string {
  return checkText(asString(value, what), /^\/[^\0]*$/, what);
}

function checkText(text: string, pattern: RegExp, what: string): string {
  if (pattern.test(text)) return text;
  throw wrong(what, `"${text}" is malformed`);
}

function readId(value: unknown, what: string): number {
  const id = asInteger(value, what);
  if (id >= 0 && id < 2 ** 32) return id;
  throw wrong(what, `${id} is out of range`);
}

function wrong(what: string, why: string): SyntaxError {
  return new SyntaxError(`Cannot read ${what}: ${why}`);
}
