/** The file of settings: TOML, read as texts. */

import { whyOf } from "../../errors/why.ts";
import { isErrno } from "../../fs/errno.ts";
import { readSettings } from "../../fs/read_settings.ts";
import { describeError } from "../render/describe_error.ts";
import { UsageError } from "../usage_error.ts";
import { closestWord } from "./closest_word.ts";

/** Read if it exists; `--config` names another, which must exist. */
export const CONFIG_FILE = "/etc/orlop/orlop.toml";

/** The settings' names in the file. */
export const FILE_KEYS = [
  "root",
  "runroot",
  "log_level",
  "log_format",
  "log_file",
  "download_connections",
  "download_parts_above",
] as const;

/** The names below `[serve]`. */
export const SERVE_KEYS = [
  "listen",
  "cni_conf_dir",
  "cni_bin_dir",
  "runtime",
  "cgroup_manager",
  "metrics_listen",
] as const;

/** What the file says for all commands. */
export type FileTexts = Texts<(typeof FILE_KEYS)[number]>;

/** What it says below `[serve]`. */
export type ServeTexts = Texts<(typeof SERVE_KEYS)[number]>;

type Texts<Key extends string> = Readonly<Partial<Record<Key, string>>>;

/** All that it says. */
export interface ConfigFile {
  readonly texts: FileTexts;
  readonly serve: ServeTexts;
}

/**
 * Reads the named file, or the default one, if it exists.
 *
 * @throws {UsageError} If it is invalid.
 */
export async function readConfigFile(
  chosen: string | undefined,
): Promise<ConfigFile> {
  const path = chosen ?? CONFIG_FILE;
  let text: string;
  try {
    text = await readSettings(path, chosen === undefined ? "orlop" : "user");
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (chosen === undefined && isAbsent(cause)) return NOTHING;
    throw new UsageError(describeError(error));
  }
  // Loaded here only: most machines have no such file, and starts are quick.
  const { parse } = await import("smol-toml");
  try {
    return readTables(parse(text));
  } catch (error) {
    const [why] = whyOf(error).split("\n");
    throw new UsageError(`Cannot use settings of "${path}": ${why}`);
  }
}

const NOTHING: ConfigFile = { texts: {}, serve: {} };

type Values = Readonly<Record<string, unknown>>;

function readTables({ serve = {}, ...values }: Values): ConfigFile {
  if (!isTable(serve)) throw new TypeError('"serve" must be a table: [serve]');
  return {
    texts: readTexts(values, FILE_KEYS),
    serve: readTexts(serve, SERVE_KEYS, "serve."),
  };
}

function readTexts<Key extends string>(
  values: Values,
  keys: readonly Key[],
  table = "",
): Texts<Key> {
  const texts: Partial<Record<Key, string>> = {};
  for (const [key, value] of Object.entries(values)) {
    const known = keys.find((name) => name === key);
    if (known === undefined) {
      const similar = closestWord(key, keys);
      const hint = similar === undefined
        ? ""
        : `, did you mean "${table}${similar}"?`;
      throw new TypeError(`there is no setting "${table}${key}"${hint}`);
    }
    if (typeof value === "number" && key === "download_connections") {
      texts[known] = String(value);
      continue;
    }
    if (typeof value !== "string") {
      throw new TypeError(`"${table}${key}" must be a text, not ${value}`);
    }
    texts[known] = value;
  }
  return texts;
}

function isTable(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable ||
    isErrno(error, "ENOENT", "ENOTDIR");
}
