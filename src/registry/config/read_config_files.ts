/**
 * Reads the files of one kind: containers-config(5). Of main files one counts; of
 * drop-ins each name once, wherever it is, in the order of the names alone. So an
 * empty file masks another one, as does a link to /dev/null.
 */

import { lstatIfThere } from "../../fs/if_there.ts";
import { type ChosenBy, readSettings } from "../../fs/read_settings.ts";
import {
  type ConfigEnvironment,
  type ConfigKind,
  dropInFolders,
  mainFiles,
} from "./config_paths.ts";
import { listIfPresent, readIfPresent } from "./read_config.ts";

/** A file that was read. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/**
 * Reads all files of a kind, in the order in which they overrule each other.
 *
 * @throws {Error} If one cannot be used, or if one that a variable names is not
 *   there.
 */
export async function readConfigFiles(
  kind: ConfigKind,
  environment: ConfigEnvironment,
): Promise<readonly ConfigFile[]> {
  const named = variableOf(kind, environment, "");
  const last = variableOf(kind, environment, "_OVERRIDE");
  const files = named === undefined
    ? [
      ...await readMain(kind, environment),
      ...await readDropIns(kind, environment),
    ]
    : [await readNamed(named, "orlop")];
  return last === undefined
    ? files
    : [...files, await readNamed(last, "orlop")];
}

/** Reads a file that somebody named: it must be there. */
export async function readNamed(
  path: string,
  chosenBy: ChosenBy,
): Promise<ConfigFile> {
  return { path, text: await readSettings(path, chosenBy) };
}

function variableOf(
  { variables }: ConfigKind,
  { env = {} }: ConfigEnvironment,
  end: "" | "_OVERRIDE",
): string | undefined {
  return variables.map((name) => env[`${name}${end}`]).find(Boolean);
}

async function readMain(
  kind: ConfigKind,
  environment: ConfigEnvironment,
): Promise<readonly ConfigFile[]> {
  for (const path of mainFiles(kind, environment)) {
    const text = await readIfPresent(path);
    if (text !== undefined) return [{ path, text }];
  }
  return [];
}

async function readDropIns(
  kind: ConfigKind,
  environment: ConfigEnvironment,
): Promise<readonly ConfigFile[]> {
  const paths = new Map<string, string>();
  // Those that count most come last, and take the places of the others.
  for (const folder of dropInFolders(kind, environment).toReversed()) {
    const names = await listIfPresent(folder) ?? [];
    for (const name of names.filter((name) => name.endsWith(kind.extension))) {
      const path = `${folder}/${name}`;
      if (!lstatIfThere(path)?.isDirectory) paths.set(name, path);
    }
  }
  const files: ConfigFile[] = [];
  for (const [, path] of [...paths].toSorted(([a], [b]) => a < b ? -1 : 1)) {
    const text = await readIfPresent(path);
    if (text !== undefined) files.push({ path, text });
  }
  return files;
}
