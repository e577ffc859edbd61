/** Records the user's choice for a short name, in podman's file. */

import { dirname } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import {
  formatAliases,
  parseAliases,
} from "../../formats/config/short_name_aliases.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import {
  type ConfigEnvironment,
  configPaths,
} from "../../registry/config/config_paths.ts";
import { readIfPresent } from "../../registry/config/read_config.ts";
import { acquireLock } from "../../store/records/lock.ts";
import type { Agent } from "../agent.ts";
import type { ChosenName } from "./opened_source.ts";

// Others hold the lock only while they write a few lines.
const LOCK_TIMEOUT_MS = 5000;

/**
 * Adds an alias to the recorded ones. A failure is only a warning, since the image
 * is stored already.
 */
export async function recordAlias(
  { store, log }: Agent,
  { short, name }: ChosenName,
  options: ConfigEnvironment & Abortable,
): Promise<void> {
  const { aliases: path } = configPaths(options);
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    using _lock = await acquireLock(`${path}.lock`, "write", {
      libc: store.libc,
      signal: options.signal,
      timeoutMs: LOCK_TIMEOUT_MS,
    });
    const before = parseAliases(await readIfPresent(path) ?? "", path);
    const after = new Map([...before, [short, { name, source: path }]]);
    writeAtomically(path, formatAliases(after));
    options.readings?.clear();
  } catch (error) {
    options.signal?.throwIfAborted();
    log("warn", `Cannot keep that "${short}" is "${name}": ${whyOf(error)}`);
  }
}
