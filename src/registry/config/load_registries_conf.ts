/** Finds and reads registries.conf with its drop-ins and aliases. */

import {
  EMPTY_CONF,
  mergeRegistriesConf,
  parseRegistriesConf,
  type RegistriesConf,
} from "../../formats/config/registries_conf.ts";
import { type ChosenBy, readSettings } from "../../fs/read_settings.ts";
import {
  type ConfigPaths,
  configPaths,
  type Surroundings,
} from "./config_paths.ts";
import { listIfPresent, readIfPresent } from "./read_config.ts";

/** Options of {@linkcode loadRegistriesConf}. */
export interface LoadRegistriesConfOptions extends Surroundings {
  /** The one file to read, without drop-ins. */
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
  const { registriesConf } = options;
  if (registriesConf !== undefined) {
    return await readNamed(registriesConf, "user");
  }
  const paths = configPaths(options);
  const { conf, dropIns } = await readMain(paths);
  let merged = conf;
  for (const path of await listDropIns(dropIns)) {
    merged = mergeRegistriesConf(merged, await read(path) ?? EMPTY_CONF);
  }
  const aliases = await read(paths.aliases);
  return aliases === undefined
    ? merged
    : { ...merged, aliases: new Map([...merged.aliases, ...aliases.aliases]) };
}

async function readMain(
  paths: ConfigPaths,
): Promise<{ conf: RegistriesConf; dropIns: readonly string[] }> {
  const own = paths.userDropIns === undefined ? [] : [paths.userDropIns];
  const user = paths.userRegistriesConf === undefined
    ? undefined
    : await read(paths.userRegistriesConf);
  if (user !== undefined) return { conf: user, dropIns: own };
  const { path, isExplicit } = paths.registriesConf;
  const conf = isExplicit
    ? await readNamed(path, "orlop")
    : await read(path) ?? EMPTY_CONF;
  return { conf, dropIns: [...paths.dropIns, ...own] };
}

async function listDropIns(
  folders: readonly string[],
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    const names = await listIfPresent(folder) ?? [];
    const confs = names.filter((name) => name.endsWith(".conf"));
    paths.push(...confs.map((name) => `${folder}/${name}`));
  }
  return paths;
}

async function read(path: string): Promise<RegistriesConf | undefined> {
  const text = await readIfPresent(path);
  return text === undefined ? undefined : parseRegistriesConf(text, path);
}

async function readNamed(
  path: string,
  chosenBy: ChosenBy,
): Promise<RegistriesConf> {
  return parseRegistriesConf(await readSettings(path, chosenBy), path);
}
