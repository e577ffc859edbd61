/**
 * Settings: flags take precedence over the environment, then the file, then the
 * defaults.
 */

import { isAbsolute, resolve } from "@std/path";
import type { StorageAdvice } from "../../engine/storage_advice.ts";
import { whyOf } from "../../errors/why.ts";
import type { PartRules } from "../../engine/part_rules.ts";
import { parseByteSize } from "../../formats/config/byte_size.ts";
import { UsageError } from "../usage_error.ts";
import {
  type FileTexts,
  readConfigFile,
  type ServeTexts,
} from "./config_file.ts";
import { readEnv, registryEnvironment } from "./read_env.ts";

/** All settings. */
export interface Config {
  /** Where images and containers are kept. */
  readonly root: string;
  /** Where mounts and run dirs are; may vanish at a reboot. */
  readonly runRoot: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** A file that gets the log as well; none if empty. */
  readonly logFile: string;
  readonly isQuiet: boolean;
  /** When large blobs are fetched over several connections. */
  readonly parts: PartRules;
  /** What storage.conf says of the store. */
  readonly storageAdvice: StorageAdvice;
  /** What the file says of `orlop serve`. */
  readonly serve: ServeTexts;
  /**
   * The flags that choose the same store on another command line, without settings
   * that come from the file.
   */
  readonly storeWords: readonly string[];
}

/** The lowest level of messages that are shown. */
export type LogLevel = (typeof LOG_LEVELS)[number];
/** How messages look. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** In ascending order. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
/** Text for people, a JSON object a line for programs. */
export const LOG_FORMATS = ["text", "json"] as const;

// Registries treat more as an attack.
const MAX_CONNECTIONS = 16;

/** The defaults. */
export const DEFAULTS: Config = {
  root: "/var/lib/orlop",
  runRoot: "/run/orlop",
  logLevel: "warn",
  logFormat: "text",
  logFile: "",
  isQuiet: false,
  parts: {},
  storageAdvice: { warnings: [] },
  serve: {},
  storeWords: [],
};

/**
 * Resolves the settings.
 *
 * @param flags The values of the global flags, by long name.
 * @param options No advice is read for a store that is not opened.
 * @throws {UsageError} If one of them is invalid.
 */
export async function resolveConfig(
  flags: Readonly<Record<string, unknown>>,
  { store = "opened" }: { readonly store?: "opened" | "unused" } = {},
): Promise<Config> {
  const chosen = {
    config: textOf(flags["config"]),
    root: textOf(flags["root"]) ?? readEnv("ORLOP_ROOT"),
    runroot: textOf(flags["runroot"]) ?? readEnv("ORLOP_RUNROOT"),
  };
  const { texts: file, serve } = await readConfigFile(chosen.config);
  const root = absolute(chosen.root ?? file.root ?? DEFAULTS.root);
  const runRoot = absolute(chosen.runroot ?? file.runroot ?? DEFAULTS.runRoot);
  return {
    root,
    runRoot,
    storageAdvice: store === "unused"
      ? DEFAULTS.storageAdvice
      : await adviceOn({ root, runRoot }),
    storeWords: Object.entries(chosen).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, absolute(value)]
    ),
    logLevel: oneOf(LOG_LEVELS, textOf(flags["log-level"]) ?? file.log_level) ??
      DEFAULTS.logLevel,
    logFormat:
      oneOf(LOG_FORMATS, textOf(flags["log-format"]) ?? file.log_format) ??
        DEFAULTS.logFormat,
    logFile: absoluteIfAny(
      textOf(flags["log-file"]) ?? file.log_file ?? DEFAULTS.logFile,
    ),
    isQuiet: flags["quiet"] === true,
    parts: readPartRules(file),
    serve,
  };
}

/** @throws {UsageError} If a number or a size is none. */
function readPartRules(file: FileTexts): PartRules {
  const { download_connections: most, download_parts_above: above } = file;
  const connections = most === undefined ? undefined : Number(most);
  const bytes = above === undefined ? undefined : parseByteSize(above);
  const isCount = connections === undefined ||
    (Number.isInteger(connections) && connections >= 1 &&
      connections <= MAX_CONNECTIONS);
  if (!isCount) {
    throw new UsageError(
      `Cannot use download_connections = "${most}": use 1 to ` +
        `${MAX_CONNECTIONS}`,
    );
  }
  if (above !== undefined && bytes === undefined) {
    throw new UsageError(
      `Cannot use download_parts_above = "${above}": write a size like 64MiB`,
    );
  }
  return { connections, above: bytes };
}

/** storage.conf does not apply to orlop's default store. */
async function adviceOn(
  place: Pick<Config, "root" | "runRoot">,
): Promise<StorageAdvice> {
  if (place.root === DEFAULTS.root) return DEFAULTS.storageAdvice;
  // Loaded here only: starts are quick.
  const { readStorageAdvice } = await import("../../engine/storage_advice.ts");
  try {
    return await readStorageAdvice(place, registryEnvironment());
  } catch (error) {
    // The malformed file may name this store; commands without a store ignore it.
    return { refusal: whyOf(error), warnings: [] };
  }
}

function oneOf<Choice extends string>(
  choices: readonly Choice[],
  value: string | undefined,
): Choice | undefined {
  if (value === undefined) return undefined;
  const choice = choices.find((name) => name === value);
  if (choice !== undefined) return choice;
  throw new UsageError(
    `Cannot use "${value}": use one of ${choices.join(", ")}`,
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function absoluteIfAny(path: string): string {
  return path === "" ? "" : absolute(path);
}

function absolute(path: string): string {
  return isAbsolute(path) ? resolve(path) : resolve(Deno.cwd(), path);
}
