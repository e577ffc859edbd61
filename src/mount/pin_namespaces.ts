/**
 * Makes namespaces that live as long as their files: no process has to stay in them.
 * A namespace is pinned by a bind mount of it: namespaces(7).
 */

import type { Abortable } from "../errors/abort.ts";
import type { UserMap } from "../formats/storage/user_map.ts";
import type { LibcMounts } from "../process/libc_mounts.ts";
import { holdUserNamespace } from "./user_namespace.ts";
import { InvalidSandboxError } from "../errors/network_errors.ts";
import { CommandError } from "../errors/store_errors.ts";
import { findProgram } from "../process/find_program.ts";
import { type CommandResult, runCommand } from "../process/run_command.ts";

/** Where namespaces are pinned; those that are omitted are not made. */
export interface NamespaceFiles {
  readonly net?: string | undefined;
  readonly ipc?: string | undefined;
  readonly uts?: string | undefined;
}

/** Which namespaces to make, and how they are to be. */
export interface NamespacePlan {
  /**
   * The files that they are pinned to; they exist, and nothing is mounted on them.
   */
  readonly files: NamespaceFiles;
  /** The host name in the UTS namespace. */
  readonly hostname?: string | undefined;
  /** Settings of the kernel, by their path below /proc/sys. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** A lock file that is held, shared, until they are made. */
  readonly lock: string;
  /**
   * The user namespace that is made, too, and owns the others.
   *
   * @default {the host's}
   */
  readonly owner?: NamespaceOwner | undefined;
}

/** A user namespace that owns others. */
export interface NamespaceOwner {
  /** The file that it is pinned to. */
  readonly file: string;
  readonly users: UserMap;
  /** Undefined if libc was opened without them: then it cannot be made. */
  readonly mounts: LibcMounts | undefined;
}

// Runs in namespaces. Arguments: pairs of a sysctl's path and value.
const SET = `
while [ $# -gt 0 ]; do
  if ! { printf %s "$2" >"/proc/sys/$1"; } 2>/dev/null; then
    echo "$1" >&2
    exit 3
  fi
  shift 2
done
`;
// Runs in new ones. Arguments: ip(8) or nothing, the name of the host or nothing,
// then those pairs.
const SET_UP = `
if [ -n "$1" ]; then "$1" link set dev lo up || exit 1; fi
if [ -n "$2" ]; then printf %s "$2" >/proc/sys/kernel/hostname || exit 1; fi
shift 2
${SET}`;
// Runs outside of them: only there a namespace that a user namespace owns can be
// pinned. Arguments: mount(8), one of their processes, kinds and files, --, a
// command.
const PIN = `
mount=$1 pid=$2
shift 2
while [ "$1" != -- ]; do
  "$mount" --internal-only --no-mtab --bind "/proc/$pid/ns/$1" "$2" || exit 1
  shift 2
done
shift
exec "$@"
`;
const SYSCTL_FAILED = 3;

/**
 * Makes namespaces and pins them.
 *
 * @throws {InvalidSandboxError} If the kernel does not take a setting.
 * @throws {CommandError} If it fails otherwise. Those pinned so far stay.
 */
export async function pinNamespaces(
  plan: NamespacePlan,
  options: Abortable = {},
): Promise<void> {
  const { files, owner, sysctls, lock } = plan;
  if (owner !== undefined) return await pinOwned(plan, owner, options);
  const flags = flagsOf(files);
  if (flags.length === 0) return;
  // If orlop is killed, the lock shows that namespaces are still being made.
  const program = [
    ...["flock", "--shared", "--no-fork", lock],
    ...[findProgram("unshare"), ...flags],
  ];
  await runShell([...program, ...shell(SET_UP)], sysctls, {
    args: [...setUpWords(plan), ...Object.entries(sysctls).flat()],
    ...options,
  });
}

/**
 * The host name is set as root of the host, who owns that file; the rest as root of
 * the user namespace, who owns the sysctls of message queues.
 */
async function pinOwned(
  plan: NamespacePlan,
  { file, users, mounts }: NamespaceOwner,
  { signal }: Abortable,
): Promise<void> {
  const { files, sysctls, lock } = plan;
  if (mounts === undefined) {
    throw new CommandError(
      "Cannot make a user namespace: libc was taken without its mounts",
    );
  }
  const pinned = Object.entries({ user: file, ...files })
    .flatMap(([kind, path]) => path === undefined ? [] : [[kind, path]]);
  const flags = pinned.map(([kind]) => `--${kind}`);
  await using held = await holdUserNamespace({ users, mounts, flags, signal });
  const { pid } = held;
  // If orlop is killed, the lock shows that namespaces are still being made.
  const command = ["flock", "--shared", "--no-fork", lock, ...shell(PIN)];
  const enter = [findProgram("nsenter"), `--target=${pid}`, "--net", "--uts"];
  await runShell(command, sysctls, {
    args: [
      ...[findProgram("mount"), String(pid), ...pinned.flat(), "--"],
      ...[...enter, "--", ...shell(SET_UP), ...setUpWords(plan)],
    ],
    signal,
  });
  const args = Object.entries(sysctls).flat();
  if (args.length === 0) return;
  const entered = [`--target=${pid}`, "--user", "--net", "--ipc"];
  await runShell(["nsenter", ...entered, "--", ...shell(SET)], sysctls, {
    ...{ args, signal },
  });
}

function flagsOf(files: NamespaceFiles): readonly string[] {
  return Object.entries(files)
    .filter(([, path]) => path !== undefined)
    .map(([kind, path]) => `--${kind}=${path}`);
}

function setUpWords({ files, hostname = "" }: NamespacePlan) {
  return [
    files.net === undefined ? "" : findProgram("ip"),
    files.uts === undefined ? "" : hostname,
  ];
}

function shell(script: string): readonly string[] {
  return [findProgram("sh"), "-c", script, "sh"];
}

async function runShell(
  [name = "", ...words]: readonly string[],
  sysctls: NamespacePlan["sysctls"],
  { args, signal }: Abortable & { readonly args: readonly string[] },
): Promise<void> {
  const { code, stderr } = await runCommand(
    findProgram(name),
    [...words, ...args],
    { signal, okCodes: "any", group: "shared" },
  );
  if (code !== 0) throw failure({ code, stderr }, sysctls);
}

/**
 * Sets the sysctls that exist only after a network was joined, such as those of its
 * interfaces.
 *
 * @param namespace The file that the network namespace is pinned to.
 * @throws As `pinNamespaces()` does.
 */
export async function setNetworkSysctls(
  namespace: string,
  sysctls: Readonly<Record<string, string>>,
  { signal }: Abortable = {},
): Promise<void> {
  const args = Object.entries(sysctls).flat();
  if (args.length === 0) return;
  const words = ["nsenter", `--net=${namespace}`, "--", ...shell(SET)];
  await runShell(words, sysctls, { args, signal });
}

function failure(
  { code, stderr }: Pick<CommandResult, "code" | "stderr">,
  sysctls: Readonly<Record<string, string>>,
): Error {
  const [said = ""] = stderr.trim().split("\n");
  if (code === SYSCTL_FAILED) {
    return new InvalidSandboxError(
      `Cannot set sysctl "${said}" to "${
        sysctls[said]
      }": the kernel does not ` +
        "take it",
    );
  }
  return new CommandError(
    `Cannot make namespaces: ${said || `exit code ${code}`}`,
    { exitCode: code },
  );
}
