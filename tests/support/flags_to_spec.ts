/** What is typed behind `orlop run`, as the runtime is told of it. */

import { assert } from "@std/assert";
import { COMMANDS } from "../../src/cli/command_table.ts";
import {
  type ContainerFlags,
  containerSettings,
} from "../../src/cli/input/flags/container_settings.ts";
import type { EnvSources } from "../../src/cli/input/flags/env_flags.ts";
import { parseCommandLine } from "../../src/cli/input/parse_command_line.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { findDevice } from "../../src/engine/templates/host_resources.ts";
import type { TemplateOptions } from "../../src/engine/templates/make_template.ts";
import type { RuntimeSpec } from "../../src/formats/oci/runtime_spec.ts";
import { makeRuntimeSpec } from "../../src/image/default_spec.ts";
import { openHost } from "../../src/process/host.ts";

const IMAGE = {
  ...{ User: "", WorkingDir: "", StopSignal: "" },
  ...{ ExposedPorts: [], Entrypoint: [], Volumes: [], Labels: {} },
  Env: ["PATH=/bin", "FROM_IMAGE=yes"],
  Cmd: ["sh"],
};
const NO_ENV: EnvSources = {
  own: { get: () => undefined, all: () => ({}) },
  files: [],
};

/** The settings that flags mean. @throws {UsageError} If they are wrong. */
export function settingsOf(
  words: readonly string[],
  env: EnvSources = NO_ENV,
): TemplateOptions {
  const line = ["run", ...words, "image"];
  const { flags, arguments: args } = parseCommandLine(line, COMMANDS);
  assert(args.length === 1, "a flag took the image for its value");
  return containerSettings(flags as unknown as ContainerFlags, [], env);
}

/** The configuration that flags make of an image. */
export function specOf(
  words: readonly string[],
  env: EnvSources = NO_ENV,
): RuntimeSpec {
  const { network = "none", devices = [], ...rest } = settingsOf(words, env);
  const host = openHost(undefined);
  return makeRuntimeSpec(IMAGE, {
    ...rest,
    network,
    devices: devices.map((device) => findDevice(host, device)),
    user: { uid: 0, gid: 0, additionalGids: [0], home: "/root" },
    hostname: rest.hostname ?? "own",
  });
}

/** What is said of flags that are wrong; undefined if they are right. */
export function refusalOf(words: readonly string[]): string | undefined {
  try {
    specOf(words);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}
