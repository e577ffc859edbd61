/**
 * Makes namespaces that live as long as their files: no process has to stay in them.
 * A namespace is pinned by a bind mount of it: namespaces(7).
 */

import type { Abortable } from "../errors/abort.ts";
import { InvalidSandboxError } from "../errors/network_errors.ts";
import { CommandError } from "../errors/store_errors.ts";
import { findProgram } from "../process/find_program.ts";
import { type CommandResult, runCommand } from "../process/run_command.ts";

/** Which namespaces to make, and how they are to be. */
export interface NamespacePlan {
  /** The files that they are pinned to; they are there, and nothing is mounted. */
  readonly files: {
    readonly net?: string | undefined;
    readonly ipc?: string | undefined;
    readonly uts?: string | undefined;
  };
  /** The name of the host, as is seen in a UTS namespace. */
  readonly hostname?: string | undefined;
  /** Settings of the kernel, by their path below /proc/sys. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** A lock file that is held, shared, until they are made. */
  readonly lock: string;
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
const SYSCTL_FAILED = 3;

/**
 * Makes namespaces and pins them.
 *
 * @throws {InvalidSandboxError} If the kernel does not take a setting.
 * @throws {CommandError} If it fails otherwise. What it has pinned stays.
 */
export async function pinNamespaces(
  { files, hostname = "", sysctls, lock }: NamespacePlan,
  { signal }: Abortable = {},
): Promise<void> {
  const flags = Object.entries(files)
    .filter(([, path]) => path !== undefined)
    .map(([kind, path]) => `--${kind}=${path}`);
  if (flags.length === 0) return;
  const settings = Object.entries(sysctls).flat();
  const ip = files.net === undefined ? "" : findProgram("ip");
  const shell = [findProgram("sh"), "-c", SET_UP, "sh"];
  const name = files.uts === undefined ? "" : hostname;
  // Of a process that is killed meanwhile the lock tells that something comes.
  const { code, stderr } = await runCommand(findProgram("flock"), [
    ...["--shared", "--no-fork", lock],
    ...[findProgram("unshare"), ...flags],
    ...[...shell, ip, name, ...settings],
  ], { signal, okCodes: "any", group: "shared" });
  if (code !== 0) throw failure({ code, stderr }, sysctls);
}

/**
 * Sets what only a network that was joined has, such as settings of its interfaces.
 *
 * @param namespace The file that the network namespace is pinned to.
 * @throws As `pinNamespaces()` does.
 */
export async function setNetworkSysctls(
  namespace: string,
  sysctls: Readonly<Record<string, string>>,
  { signal }: Abortable = {},
): Promise<void> {
  const settings = Object.entries(sysctls).flat();
  if (settings.length === 0) return;
  const shell = [findProgram("sh"), "-c", SET, "sh"];
  const { code, stderr } = await runCommand(
    findProgram("nsenter"),
    [`--net=${namespace}`, "--", ...shell, ...settings],
    { signal, okCodes: "any", group: "shared" },
  );
  if (code !== 0) throw failure({ code, stderr }, sysctls);
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
