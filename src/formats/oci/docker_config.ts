/** What Docker's image configs have beside OCI's: image/spec of moby. */

import {
  asBoolean,
  asInteger,
  asObject,
  asString,
  asStringMap,
  asStrings,
  type JsonObject,
  optional,
} from "../json.ts";

type Check = (value: unknown, what: string) => unknown;
type Shape = Readonly<Record<string, Check>>;

const HEALTHCHECK: Shape = {
  Test: asStrings,
  ...eachOf(["Interval", "Timeout", "StartPeriod", "Retries"], asInteger),
};
const RUN_CONFIG: Shape = {
  ...eachOf(["Hostname", "Domainname", "Image", "MacAddress"], asString),
  ...eachOf(["AttachStdin", "AttachStdout", "AttachStderr"], asBoolean),
  ...eachOf(["Tty", "OpenStdin", "StdinOnce", "NetworkDisabled"], asBoolean),
  ...eachOf(["User", "WorkingDir", "StopSignal"], asString),
  ...eachOf(["OnBuild", "Env"], asStrings),
  ...eachOf(["ExposedPorts", "Volumes"], asObject),
  Labels: asStringMap,
  ArgsEscaped: asBoolean,
  StopTimeout: asInteger,
  Healthcheck: (value, what) => check(asObject(value, what), HEALTHCHECK, what),
};
const asRunConfig: Check = (value, what) =>
  check(asObject(value, what), RUN_CONFIG, what);
const IMAGE: Shape = {
  ...eachOf(["id", "parent", "comment", "container"], asString),
  "docker_version": asString,
  config: asRunConfig,
  "container_config": asRunConfig,
};

/**
 * Refuses what tools written in Go cannot read: podman looks at these members of all
 * images, and lists none of a store that has one with a wrong type.
 *
 * @param what What is being read, for errors.
 * @throws {SyntaxError} If a member has a wrong type.
 */
export function checkDockerMembers(document: JsonObject, what: string): void {
  check(document, IMAGE, what);
}

function check(object: JsonObject, shape: Shape, what: string): void {
  for (const [key, as] of Object.entries(shape)) {
    optional(object[key], `${what}, ${key}`, as);
  }
}

function eachOf(keys: readonly string[], as: Check): Shape {
  return Object.fromEntries(keys.map((key) => [key, as]));
}
