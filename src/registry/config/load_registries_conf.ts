/** Finds and reads registries.conf with its drop-ins and aliases. */

import {
  EMPTY_CONF,
  mergeRegistriesConf,
  parseRegistriesConf,
  type RegistriesConf,
} from "../../formats/config/registries_conf.ts";
import { parseAliases } from "../../formats/config/short_name_aliases.ts";
import {
  type ConfigEnvironment,
  configPaths,
  REGISTRIES_CONF,
} from "./config_paths.ts";
import { readIfPresent } from "./read_config.ts";
import { readConfigFiles, readNamed } from "./read_config_files.ts";

/** Options of {@linkcode loadRegistriesConf}. */
export interface LoadRegistriesConfOptions extends ConfigEnvironment {
  /**
   * The one file to read, without drop-ins.
   *
   * @default {the host's and the user's}
   */
  readonly registriesConf?: string | undefined;
}

/**
 * Reads the configuration of registries.
 *
 * @throws {SyntaxError} If a file is malformed; names it.
 * @throws {Error} If a file cannot be read, or others can change it.
 */
export async function loadRegistriesConf(
  options: LoadRegistriesConfOptions = {},
): Promise<RegistriesConf> {
  const { readings } = options;
  if (readings === undefined) return await readAll(options);
  const { registriesConf, env, uid } = options;
  const { systemDirectory, vendorDirectory, cacheDirectory } = options;
  const key = JSON.stringify([
    ...[registriesConf, env, uid],
    ...[systemDirectory, vendorDirectory, cacheDirectory],
  ]);
  const reading = readings.get(key) ?? readAll(options);
  readings.set(key, reading);
  return await reading;
}

async function readAll(
  options: LoadRegistriesConfOptions,
): Promise<RegistriesConf> {
  const { registriesConf } = options;
  if (registriesConf !== undefined) {
    const { path, text } = await readNamed(registriesConf, "user");
    return parseRegistriesConf(text, path);
  }
  const files = await readConfigFiles(REGISTRIES_CONF, options);
  const conf = files
    .map(({ path, text }) => parseRegistriesConf(text, path))
    .reduce(mergeRegistriesConf, EMPTY_CONF);
  return await withRecordedAliases(conf, configPaths(options).aliases);
}

/** What a person chose counts more than what files say. */
async function withRecordedAliases(
  conf: RegistriesConf,
  path: string,
): Promise<RegistriesConf> {
  const text = await readIfPresent(path);
  if (text === undefined) return conf;
  return {
    ...conf,
    aliases: new Map([...conf.aliases, ...parseAliases(text, path)]),
    files: [...conf.files, path],
  };
}
