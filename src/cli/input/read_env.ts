/** The environment, as far as orlop may read it. */

import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import { findOtherWriter } from "../../process/who_can_change.ts";
import {
  type ConfigEnvironment,
  configPaths,
  dropInFolders,
  ENVIRONMENT_NAMES,
  FILE_VARIABLES,
  mainFiles,
  REGISTRIES_CONF,
} from "../../registry/config/config_paths.ts";

/** The value of a variable; undefined if it is unset, empty or not allowed. */
export function readEnv(name: string): string | undefined {
  try {
    // The launcher passes the caller's HOME under another name.
    const home = name === "HOME" ? Deno.env.get("ORLOP_HOME") : undefined;
    return (home ?? Deno.env.get(name)) || undefined;
  } catch (error) {
    // The launcher grants variables by name: others count as unset.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

// One process is one command.
const READINGS = new Map<string, Promise<RegistriesConf>>();

/** Where the configuration of registries is; all who ask share its readings. */
export function registryEnvironment(onWarning?: OnWarning): ConfigEnvironment {
  return {
    env: readRegistryEnv(onWarning),
    uid: Deno.uid() ?? 0,
    readings: READINGS,
  };
}

/** Receives warnings. */
type OnWarning = (message: string) => void;

/**
 * The variables that say where the configuration of registries is. A folder of
 * another user, whom sudo may have left in the environment, is as unset.
 */
function readRegistryEnv(
  onWarning: OnWarning = () => {},
): Record<string, string | undefined> {
  return Object.fromEntries(
    ENVIRONMENT_NAMES.map((name) => {
      const value = readEnv(name);
      if (value === undefined || FILE_VARIABLES.includes(name)) {
        return [name, value];
      }
      const why = findOtherWriterIn(value);
      if (why === undefined) return [name, value];
      if (holdsSettings({ [name]: value })) {
        onWarning(`Settings below ${name} are not used: ${why}`);
      }
      return [name, undefined];
    }),
  );
}

function findOtherWriterIn(folder: string): string | undefined {
  try {
    return findOtherWriter(folder);
  } catch {
    return undefined; // not there, so neither are settings
  }
}

/** Whether there are settings that are ignored only for their owner. */
function holdsSettings(env: Readonly<Record<string, string>>): boolean {
  const { certs, auth } = configPaths({ env });
  const files = mainFiles(REGISTRIES_CONF, { env });
  const dropIns = dropInFolders(REGISTRIES_CONF, { env });
  const folders = Object.values(env);
  return [...certs, ...auth, ...files, ...dropIns].some((path) =>
    folders.some((folder) => path.startsWith(folder)) && isThere(path)
  );
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false; // or not accessible, which is the same
  }
}
