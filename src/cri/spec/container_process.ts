/** The command and the environment of a container, by Kubernetes' rules. */

import type { TemplateOptions } from "../../engine/templates/make_template.ts";
import type { RunDefaults } from "../../formats/oci/image_config.ts";
import { checkWorkingDirectory } from "../../image/working_directory.ts";
import type { ContainerConfig, KeyValue } from "../api/api_pb.js";
import { signalName } from "./stop_signal.ts";

// What `orlop run` sets, and no node does.
const ONLY_FOR_PEOPLE = ["container", "TERM"];

/** The process settings of a request. */
export type ProcessSettings = Pick<
  TemplateOptions,
  | "entrypoint"
  | "args"
  | "env"
  | "workdir"
  | "missingWorkdir"
  | "missingCommand"
  | "terminal"
  | "stopSignal"
>;

/**
 * Decides the command. A command replaces the image's entrypoint and drops the
 * image's arguments; arguments alone are passed to the image's entrypoint.
 *
 * @throws {TypeError} If a variable or the working directory cannot be one.
 */
export function processSettings(
  config: ContainerConfig,
  { Env }: Pick<RunDefaults, "Env">,
): ProcessSettings {
  const { command, args, envs, workingDir, tty, stopSignal } = config;
  const isSet = (name: string) =>
    Env.some((text) => text.startsWith(`${name}=`));
  // A variable without a value is unset.
  const unset = ONLY_FOR_PEOPLE.filter((name) =>
    !isSet(name) && !(tty && name === "TERM")
  );
  return {
    entrypoint: command.length > 0 ? command : undefined,
    args,
    env: [...unset, ...envs.map(variableOf)],
    workdir: workingDir === "" ? undefined : checkWorkingDirectory(workingDir),
    missingWorkdir: "make",
    missingCommand: "refuse",
    terminal: tty,
    stopSignal: signalName(stopSignal),
  };
}

/** Secrets may be any bytes; a runtime's configuration is text. */
function variableOf({ key, value }: KeyValue): string {
  if (key === "" || /[=\0]/.test(key)) {
    throw new TypeError(
      `Cannot set variable "${key}": a name has neither "=" nor NUL, and is ` +
        "not empty",
    );
  }
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return `${key}=${decoder.decode(value)}`;
  } catch (cause) {
    throw new TypeError(
      `Cannot set variable "${key}": its value is not UTF-8, and OCI runtimes ` +
        "take nothing else; mount it as a file",
      { cause },
    );
  }
}
