/** Runs network plugins: Container Network Interface specification 1.1.0, section 2. */

import { join } from "@std/path";
import { type Abortable, linkSignals } from "../../errors/abort.ts";
import { NetworkError } from "../../errors/network_errors.ts";
import { toBytes } from "../../formats/bytes.ts";
import { parsePluginFailure } from "../../formats/cni/network_result.ts";
import { statIfThere } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import {
  type CommandResult,
  firstLine,
  runCommand,
} from "../../process/run_command.ts";
import { findOtherWriter } from "../../process/who_can_change.ts";
import { type NetworkSettings, PLUGIN_DIRECTORIES } from "./find_networks.ts";

/** The commands of plugins. */
export type PluginVerb = "ADD" | "DEL" | "CHECK" | "GC" | "STATUS";

/** A call of a plugin. */
export interface PluginCall {
  readonly verb: PluginVerb;
  /** The name of its program. */
  readonly type: string;
  /** The network's, for messages. */
  readonly network: string;
  /** Its standard input. */
  readonly input: string;
  /** Variables besides the path and the verb, such as `CNI_NETNS`. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * A lock file that is held, shared, while the plugin runs, even if orlop is
   * killed: see `waitForPlugins()`. If omitted, none is held.
   */
  readonly lock?: string | undefined;
}

// As long as the kubelet waits for a pod.
const TIMEOUT_MS = 120_000;
// The time that a plugin has to end after SIGTERM; shorter than in `runCommand()`.
const GRACE_SECONDS = 1;
// For processes of the plugin that keep its output open.
const LAST_RESORT_MS = 10_000;
// timeout(1).
const TIMED_OUT = [124, 137];
// What a plugin prints for one pod.
const MAX_STDOUT_BYTES = 4 * 1024 * 1024;
// Section 2 of the specification: network or plugin is not ready, try again.
const LATER = [11, 50, 51];

/**
 * Runs a plugin.
 *
 * @returns What it printed.
 * @throws {NetworkError} If it is missing, fails, or takes too long.
 */
export async function runPlugin(
  { verb, type, network, input, env, lock }: PluginCall,
  settings: NetworkSettings,
  { signal }: Abortable = {},
): Promise<string> {
  const program = findPlugin(type, settings);
  const { timeoutMs = TIMEOUT_MS } = settings;
  const seconds = Math.max(timeoutMs / 1000, 0.001);
  const flags = [`--kill-after=${GRACE_SECONDS}`, String(seconds)];
  const command = lock === undefined
    ? [program]
    : [findProgram("flock"), "--shared", "--no-fork", lock, program];
  // timeout(1) makes a process group without a fork of orlop.
  const args = [...flags, ...command];
  const result = await runCommand(findProgram("timeout"), args, {
    stdin: toBytes(input),
    env: {
      ...env,
      CNI_COMMAND: verb,
      CNI_PATH: pluginDirectoriesOf(settings).join(":"),
    },
    okCodes: "any",
    maxStdout: MAX_STDOUT_BYTES,
    group: "shared",
    signal: linkSignals(
      signal,
      AbortSignal.timeout(
        timeoutMs + GRACE_SECONDS * 1000 + LAST_RESORT_MS,
      ),
    ),
  });
  if (result.code === 0) return result.stdout;
  throw failure({ verb, type, network }, result, seconds);
}

/**
 * Waits until no plugin holds a lock: plugins go on when orlop is killed, and their
 * results must not be missed. A background program of a plugin may hold the lock
 * for ever, so the wait ends after the longest time of a plugin.
 */
export async function waitForPlugins(
  lock: string,
  { timeoutMs = TIMEOUT_MS }: NetworkSettings,
  { signal }: Abortable = {},
): Promise<void> {
  const seconds = String(Math.ceil(timeoutMs / 1000) + GRACE_SECONDS);
  const flags = ["--exclusive", "--timeout", seconds];
  // flock(1) needs a program to run.
  await runCommand(
    findProgram("flock"),
    [...flags, lock, findProgram("cat")],
    { signal, okCodes: "any", group: "shared" },
  );
}

/** The folders of plugins. */
function pluginDirectoriesOf(
  { pluginDirectories = PLUGIN_DIRECTORIES }: NetworkSettings,
): readonly string[] {
  return pluginDirectories;
}

/**
 * Finds a plugin's program.
 *
 * @throws {NetworkError} If there is none, or others could change it.
 */
export function findPlugin(type: string, settings: NetworkSettings): string {
  const directories = pluginDirectoriesOf(settings);
  const path = directories.map((directory) => join(directory, type))
    .find((path) => {
      const file = statIfThere(path);
      return file?.isFile === true && ((file.mode ?? 0) & 0o111) !== 0;
    });
  const problem = path === undefined
    ? `it is not in ${directories.join(", ")}; install CNI's plugins`
    : findOtherWriter(path);
  if (path !== undefined && problem === undefined) return path;
  throw new NetworkError(`Cannot run network plugin "${type}": ${problem}`, {
    plugin: type,
    category: "unavailable",
  });
}

function failure(
  { verb, type, network }: Pick<PluginCall, "verb" | "type" | "network">,
  { code, stdout, stderr }: CommandResult,
  seconds: number,
): NetworkError {
  const said = parsePluginFailure(stdout);
  const why = said?.message ||
    (TIMED_OUT.includes(code)
      ? `it did not end within ${seconds} s`
      : firstLine(stderr) || firstLine(stdout) || `exit code ${code}`);
  const isTemporary = TIMED_OUT.includes(code) ||
    LATER.includes(said?.code ?? 0);
  return new NetworkError(
    `Cannot ${WORDS[verb]} network "${network}": plugin "${type}" says: ${why}`,
    { plugin: type, category: isTemporary ? "unavailable" : "internal" },
  );
}

const WORDS: Readonly<Record<PluginVerb, string>> = {
  ADD: "join",
  DEL: "leave",
  CHECK: "check",
  GC: "tidy up",
  STATUS: "use",
};
