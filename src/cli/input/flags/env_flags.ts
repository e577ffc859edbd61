/** The variables that flags give a container. */

import { unlessAborted } from "../../../errors/abort.ts";
import { type Bytes, concatBytes } from "../../../formats/bytes.ts";
import { parseEnvFile } from "../../../formats/config/env_file.ts";
import { UsageError } from "../../usage_error.ts";
import { badFlag } from "./flag_value.ts";

/** The flags. */
export interface EnvFlags {
  readonly env: readonly string[];
  readonly "env-host": boolean;
  readonly unsetenv: readonly string[];
}

/** The environment of orlop, as far as it may read it. */
export interface OwnEnv {
  get(name: string): string | undefined;
  /** All, by name. */
  all(): Readonly<Record<string, string>>;
}

/** Where variables come from, besides the flags. */
export interface EnvSources {
  readonly own: OwnEnv;
  /** What the files of `--env-file` have: see `readEnvFiles()`. */
  readonly files: readonly string[];
}

/**
 * Collects variables as podman does: those of files, then those of `--env`; of
 * each name the last one counts, a name alone is orlop's own variable.
 *
 * @returns `NAME=value` to set, `NAME` for what the container does not get.
 * @throws {UsageError} If a variable has no name.
 */
export function readEnvFlags(
  flags: EnvFlags,
  { own, files }: EnvSources,
): readonly string[] {
  const fromHost = flags["env-host"] ? pairs(own.all()) : [];
  const entries = [...files, ...flags.env];
  return [
    ...flags.unsetenv.map(checkName),
    ...fromHost,
    ...entries.flatMap((entry) => expand(entry, own)),
  ];
}

/**
 * Reads the files of `--env-file`, in their order. One may be a fifo, whose
 * writer is waited for.
 *
 * @throws {UsageError} If one cannot be read, or has a line without a name.
 */
export async function readEnvFiles(
  paths: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const files = [];
  for (const path of paths) files.push(...await readFile(path, signal));
  return files;
}

async function readFile(
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const bytes = await readToEnd(path, signal);
    return parseEnvFile(bytes, `environment file "${path}"`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SyntaxError) throw new UsageError(error.message);
    throw badFlag("env-file", path, whyUnreadable(error));
  }
}

// Far more than a program can be given; also limits endless files.
const MAX_BYTES = 16 * 1024 * 1024;

async function readToEnd(path: string, signal: AbortSignal): Promise<Bytes> {
  const chunks: Bytes[] = [];
  let left = MAX_BYTES;
  const sink = new WritableStream<Bytes>({
    write(chunk) {
      left -= chunk.byteLength;
      if (left < 0) throw new RangeError(TOO_LARGE);
      chunks.push(chunk);
    },
  });
  // To open a fifo takes until somebody writes to it.
  const file = await unlessAborted(() => Deno.open(path), { signal });
  await file.readable.pipeTo(sink, { signal });
  return concatBytes(chunks);
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
  // As in podman: without a value in orlop's environment, the image's stays.
  return value === undefined ? [] : [`${entry}=${value}`];
}

function checkName(name: string): string {
  if (name !== "" && !name.includes("=")) return name;
  throw badFlag("unsetenv", name, "write the name of a variable");
}

function pairs(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

const TOO_LARGE = `it is larger than ${MAX_BYTES} bytes`;

function whyUnreadable(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.NotCapable) {
    return "orlop may not read there; write it to a file first";
  }
  return error instanceof Deno.errors.PermissionDenied
    ? "it may not be read"
    : "it cannot be read";
}
