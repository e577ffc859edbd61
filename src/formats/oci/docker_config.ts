/** What Docker's image configs have beside OCI's: image/spec of moby. */

import {
  asBoolean,
  asInteger,
  asObject,
  asString,
  asStringMap,
  asStrings,
  foldKey,
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
  ...eachOf(["Cmd", "Entrypoint", "Shell"], asWords),
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
  Size: asInteger,
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

/** Docker takes one text for a list of one. */
function asWords(value: unknown, what: string): readonly string[] {
  return typeof value === "string" ? [value] : asStrings(value, what);
}

function check(object: JsonObject, shape: Shape, what: string): void {
  const checks = new Map(
    Object.entries(shape).map(([key, as]) => [foldKey(key), as]),
  );
  // In any case: Go takes these for the same.
  for (const [key, value] of Object.entries(object)) {
    const as = checks.get(foldKey(key));
    if (as !== undefined) optional(value, `${what}, ${key}`, as);
  }
}

function eachOf(keys: readonly string[], as: Check): Shape {
  return Object.fromEntries(keys.map((key) => [key, as]));
}
