/** Commands to run in a running container. */

import { dirname, join } from "@std/path";
import { type Abortable, sleep } from "../../errors/abort.ts";
import { ProcessNotFoundError } from "../../errors/process_errors.ts";
import {
  formatSpecPart,
  type RuntimeProcess,
  type RuntimeUser,
} from "../../formats/oci/runtime_spec.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isErrno } from "../../fs/errno.ts";
import { isNameThere, lstatIfThere } from "../../fs/if_there.ts";
import { listDirectory } from "../../fs/list_directory.ts";
import { randomShortName } from "../../fs/random_name.ts";
import { checkWorkingDirectory } from "../../image/working_directory.ts";
import { runDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { checkWhereItLeads } from "../containers/check_workdir.ts";
import { CONTROL_FIFO } from "../containers/container_monitor.ts";
import { findActivity, isSeenRunning } from "../containers/container_status.ts";
import { findRuntimesOf, type OciRuntime } from "../runtimes/find_runtime.ts";
import { readBundle } from "../parse_stored.ts";

/** A command, and how it differs from the container's own process. */
export interface ExecCommand extends Abortable {
  /** The program, and its arguments. */
  readonly command: readonly string[];
  /**
   * Variables that are added, or replaced: `NAME=value`.
   *
   * @default {[]}
   */
  readonly env?: readonly string[] | undefined;
  /**
   * The directory to run in: absolute.
   *
   * @default {the container's}
   */
  readonly workdir?: string | undefined;
  /**
   * Who runs it.
   *
   * @default {who runs the container's process}
   */
  readonly user?: RuntimeUser | undefined;
  /**
   * Its capabilities, such as `CAP_CHOWN`.
   *
   * @default {those of the container's process}
   */
  readonly capabilities?: readonly string[] | undefined;
}

/** A command that is ready to run. Disposing removes its files. */
export interface PreparedExec extends AsyncDisposable {
  readonly runtime: OciRuntime & { readonly program: string };
  /** A folder of its own. */
  readonly folder: string;
  /** The process, for the runtime to read. */
  readonly processFile: string;
  /** Where the runtime writes the process ID. */
  readonly pidFile: string;
  /** Where the runtime logs errors, as JSON. */
  readonly logFile: string;
}

/** The terminal of a command. */
export interface TerminalOption {
  /**
   * Whether it has one of its own.
   *
   * @default {false}
   */
  readonly terminal?: boolean | undefined;
}

// A command that starts has a conmon within a second.
const LEFTOVER_MS = 60_000;
const REMOVE_ATTEMPTS = 100;
const RETRY_MS = 10;

/** The folder with a folder for each command that runs in a container. */
export function execFolder(
  { store }: Pick<Agent, "store">,
  id: ContainerId,
): string {
  return join(runDirectory(store.paths, id), "exec");
}

/**
 * Prepares to run a command in a container.
 *
 * @throws {TypeError} If there is no command, or it is malformed.
 * @throws {ProcessNotFoundError} If nothing runs in the container.
 */
export async function prepareExec(
  agent: Agent,
  id: ContainerId,
  options: ExecCommand & TerminalOption,
): Promise<PreparedExec> {
  checkCommand(options);
  const runtime = await findExecRuntime(agent, id, options);
  const process = makeProcess(agent, id, options);
  removeAbandonedFolders(agent, id);
  const folder = join(execFolder(agent, id), randomShortName());
  const processFile = join(folder, "process.json");
  writeProcess(processFile, process);
  return {
    ...{ runtime, folder, processFile },
    pidFile: join(folder, "pid"),
    logFile: join(folder, "runtime.log"),
    [Symbol.asyncDispose]: () => removeFolder(folder),
  };
}

/** There may be secrets in the environment. */
function writeProcess(path: string, process: RuntimeProcess): void {
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  Deno.writeTextFileSync(path, formatSpecPart(process), { mode: 0o600 });
}

/** Removes folders of commands whose orlop was killed. */
function removeAbandonedFolders({ store }: Agent, id: ContainerId): void {
  const parent = execFolder({ store }, id);
  for (const name of listDirectory(parent)) {
    const folder = join(parent, name);
    const madeMs = lstatIfThere(folder)?.mtime?.getTime() ?? Infinity;
    if (Date.now() - madeMs < LEFTOVER_MS) continue;
    const fifo = join(folder, CONTROL_FIFO);
    if (store.libc?.hasReader(fifo) === false) removeNow(folder);
  }
}

/**
 * Everything in it belongs to conmon and orlop. A killed conmon may still add
 * files: if removal keeps failing, a later command retries.
 */
async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; attempt < REMOVE_ATTEMPTS; attempt++) {
    if (removeNow(folder)) return;
    await sleep(RETRY_MS);
  }
}

function removeNow(folder: string): boolean {
  try {
    Deno.removeSync(folder, { recursive: true });
    return true;
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTEMPTY")) throw error;
    return !isNameThere(folder); // it may have been removed with the container
  }
}

function checkCommand(
  { command, env = [], workdir = "/" }: ExecCommand,
): void {
  const [program = ""] = command;
  if (program === "") throw new TypeError("Cannot run a command: it is empty");
  const withNul = [...command, ...env, workdir].find((text) =>
    text.includes("\0")
  );
  if (withNul !== undefined) {
    throw new TypeError(`Cannot run "${program}": "${withNul}" has a NUL`);
  }
  if (workdir.startsWith("/")) {
    checkWorkingDirectory(workdir);
    return;
  }
  throw new TypeError(
    `Cannot run "${program}": its directory "${workdir}" is not absolute`,
  );
}

async function findExecRuntime(
  agent: Agent,
  id: ContainerId,
  { signal }: Abortable,
): Promise<OciRuntime & { readonly program: string }> {
  const runtime = isSeenRunning(agent, id)
    ? findRuntimesOf(agent, id)[0]
    : await askForRuntime(agent, id, { signal });
  const program = runtime?.program;
  if (runtime !== undefined && program !== undefined) {
    return { ...runtime, program };
  }
  throw nothingRuns(id);
}

/** The error of a container in which nothing runs. */
export function nothingRuns(id: ContainerId): ProcessNotFoundError {
  return new ProcessNotFoundError(
    `Cannot run a command in container "${id}": nothing runs in it`,
  );
}

async function askForRuntime(
  agent: Agent,
  id: ContainerId,
  options: Abortable,
): Promise<OciRuntime | undefined> {
  const { process } = await findActivity(agent, id, options);
  return process?.status === "starting" ? undefined : process?.runtime;
}

/** The settings of the container's process, with the requested changes. */
function makeProcess(
  agent: Agent,
  id: ContainerId,
  { command, terminal, workdir, ...options }: ExecCommand & TerminalOption,
): RuntimeProcess {
  const bundle = readBundle(agent, id);
  const own = bundle?.process ?? { cwd: "/" };
  const { path: root } = bundle?.root ?? {};
  if (workdir !== undefined && root !== undefined) {
    checkWhereItLeads(root, workdir, bundle?.mounts ?? []);
  }
  return {
    ...own,
    args: command,
    terminal: terminal === true,
    env: mergeEnv([...own.env ?? [], ...options.env ?? []]),
    cwd: workdir ?? own.cwd,
    user: options.user ?? own.user ?? {},
    ...capabilitiesOf(own, options),
  };
}

/** Keeps the last value of each name; programs would use the first. */
function mergeEnv(env: readonly string[]): readonly string[] {
  const nameOf = (variable: string) => variable.split("=", 1)[0];
  return [...new Map(env.map((one) => [nameOf(one), one])).values()];
}

/**
 * The capabilities depend on the user: those of the container's process, or none.
 */
function capabilitiesOf(
  { capabilities: own }: RuntimeProcess,
  { user, capabilities }: Pick<ExecCommand, "user" | "capabilities">,
): Pick<RuntimeProcess, "capabilities"> {
  if (own === undefined || (user ?? capabilities) === undefined) return {};
  const bounding = capabilities ?? own["bounding"] ?? [];
  const ambient = own["ambient"] ?? [];
  const effective = user === undefined && capabilities !== undefined
    ? capabilities
    : user?.uid === 0
    ? bounding
    : ambient;
  return {
    capabilities: {
      ...own,
      ...{ bounding, effective, permitted: effective },
    },
  };
}
