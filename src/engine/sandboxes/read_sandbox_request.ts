/** Parses the stored request for a sandbox. */

import type { NetworkDns } from "../../formats/cni/plugin_input.ts";
import {
  asArray,
  asInteger,
  asObject,
  asOneOf,
  asString,
  asStringMap,
  asStrings,
  type JsonObject,
  optional,
} from "../../formats/json.ts";
import type { IdRange, UserMap } from "../../formats/storage/user_map.ts";
import type { NetworkSettings } from "../network/find_networks.ts";
import type {
  SandboxMetadata,
  SandboxNamespaces,
  SandboxPort,
  SandboxRequest,
} from "./sandbox.ts";

/** @throws {SyntaxError} If it is malformed. */
export function readSandboxRequest(
  value: unknown,
  what: string,
): SandboxRequest {
  const object = asObject(value, what);
  const at = (key: string) => `${what}, ${key}`;
  const text = (key: string) => asString(object[key], at(key));
  const maybe = (key: string) => optional(object[key], at(key), asString);
  const texts = (key: string) => asStringMap(object[key], at(key));
  return {
    podId: maybe("podId"),
    podName: text("podName"),
    metadata: readMetadata(asObject(object["metadata"], at("metadata")), what),
    hostname: text("hostname"),
    logDirectory: maybe("logDirectory"),
    dns: optional(object["dns"], at("dns"), readDns),
    ports: asArray(object["ports"], at("ports"))
      .map((port) => readPort(asObject(port, at("ports")), at("ports"))),
    namespaces: readNamespaces(object["namespaces"], at("namespaces")),
    users: optional(object["users"], at("users"), readUsers),
    sysctls: texts("sysctls"),
    cgroupParent: maybe("cgroupParent"),
    cgroupManager: optional(
      object["cgroupManager"],
      at("cgroupManager"),
      (value, what) => asOneOf(value, what, ["cgroupfs", "systemd"]),
    ),
    labels: texts("labels"),
    annotations: texts("annotations"),
    runtimeHandler: text("runtimeHandler"),
    runtime: maybe("runtime"),
    networks: optional(object["networks"], at("networks"), readSettings),
    note: object["note"],
  };
}

function readMetadata(object: JsonObject, what: string): SandboxMetadata {
  return {
    name: asString(object["name"], what),
    uid: asString(object["uid"], what),
    namespace: asString(object["namespace"], what),
    attempt: asInteger(object["attempt"], what),
  };
}

function readDns(value: unknown, what: string): NetworkDns {
  const object = asObject(value, what);
  return {
    servers: asStrings(object["servers"], what),
    searches: asStrings(object["searches"], what),
    options: asStrings(object["options"], what),
  };
}

function readPort(object: JsonObject, what: string): SandboxPort {
  return {
    protocol: asOneOf(object["protocol"], what, ["tcp", "udp", "sctp"]),
    containerPort: asInteger(object["containerPort"], what),
    hostPort: asInteger(object["hostPort"], what),
    hostIp: optional(object["hostIp"], what, asString),
  };
}

function readNamespaces(value: unknown, what: string): SandboxNamespaces {
  const object = asObject(value, what);
  return {
    network: asOneOf(object["network"], what, ["pod", "node"]),
    ipc: asOneOf(object["ipc"], what, ["pod", "node"]),
    pid: asOneOf(object["pid"], what, ["pod", "container", "node"]),
  };
}

function readUsers(value: unknown, what: string): UserMap {
  const { uids, gids } = asObject(value, what);
  return { uids: readRange(uids, what), gids: readRange(gids, what) };
}

function readRange(value: unknown, what: string): IdRange {
  const { first, count } = asObject(value, what);
  return { first: asInteger(first, what), count: asInteger(count, what) };
}

function readSettings(value: unknown, what: string): NetworkSettings {
  const object = asObject(value, what);
  return {
    configDirectory: optional(object["configDirectory"], what, asString),
    pluginDirectories: optional(object["pluginDirectories"], what, asStrings),
    names: optional(object["names"], what, asStrings),
    timeoutMs: optional(object["timeoutMs"], what, asInteger),
  };
}
