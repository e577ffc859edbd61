/** The variables that flags give a container. */

import { parseEnvFile } from "../../formats/env_file.ts";
import { UsageError } from "../command.ts";
import { badFlag } from "./usage_of_flag.ts";

/** The flags. */
export interface EnvFlags {
  readonly env: readonly string[];
  readonly "env-file": readonly string[];
  readonly "env-host": boolean;
  readonly unsetenv: readonly string[];
}

/** What orlop itself has; undefined if it may not look. */
export interface OwnEnv {
  get(name: string): string | undefined;
  /** All, by name. */
  all(): Readonly<Record<string, string>>;
}

/**
 * Collects variables as podman does: those of files, then those of `--env`; of
 * each name the last one counts, a name alone is orlop's own variable.
 *
 * @returns `NAME=value` to set, `NAME` for what the container does not get.
 * @throws {UsageError} If a file cannot be read, or a variable has no name.
 */
export function readEnvFlags(flags: EnvFlags, own: OwnEnv): readonly string[] {
  const fromHost = flags["env-host"] ? pairs(own.all()) : [];
  const entries = [...flags["env-file"].flatMap(readFile), ...flags.env];
  return [
    ...flags.unsetenv.map(checkName),
    ...fromHost,
    ...entries.flatMap((entry) => expand(entry, own)),
  ];
}

function readFile(path: string): readonly string[] {
  try {
    const bytes = Deno.readFileSync(path);
    return parseEnvFile(bytes, `environment file "${path}"`);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message);
    throw badFlag("env-file", path, whyUnreadable(error));
  }
}

/** Variables that match what was typed. */
function expand(entry: string, own: OwnEnv): readonly string[] {
  if (entry.startsWith("=")) throw badFlag("env", entry, "it has no name");
  if (entry === "" || entry.includes("=")) return entry === "" ? [] : [entry];
  if (entry.endsWith("*")) {
    const prefix = entry.slice(0, -1);
    return pairs(own.all()).filter((pair) => pair.startsWith(prefix));
  }
  const value = own.get(entry);
  // As in podman: what orlop does not have, the image may.
  return value === undefined ? [] : [`${entry}=${value}`];
}

function checkName(name: string): string {
  if (name !== "" && !name.includes("=")) return name;
  throw badFlag("unsetenv", name, "write the name of a variable");
}

function pairs(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

function whyUnreadable(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.NotCapable) {
    return "orlop may not read there; write it to a file first";
  }
  return error instanceof Deno.errors.PermissionDenied
    ? "it may not be read"
    : "it cannot be read";
}
