/** `orlop exec`. */

import { execInContainer } from "../../../engine/processes/exec_in_container.ts";
import { isOnTerminal } from "../../../process/run_interactive.ts";
import type { Call } from "../../command.ts";
import { parseDetachKeys } from "../../input/detach_keys.ts";
import { CALLERS_ENV } from "../../input/flags/callers_env.ts";
import { readEnvFiles, readEnvFlags } from "../../input/flags/env_flags.ts";
import { openSession } from "../../open_session.ts";
import { relayStreams } from "../../relay_streams.ts";
import type { EXEC } from "../../table/enter_commands.ts";

/** Runs a command in a container; its exit code is the result. */
export async function run(call: Call<typeof EXEC>): Promise<number> {
  const { flags, signal } = call;
  const [name, ...command] = call.arguments;
  const detachKeys = parseDetachKeys(flags["detach-keys"]);
  const files = await readEnvFiles(flags["env-file"], { signal });
  const none = { "env-host": false, unsetenv: [] };
  const env = readEnvFlags({ ...none, env: flags.env }, {
    ...{ own: CALLERS_ENV, files },
  });
  using session = openSession(call, { purpose: "read" });
  const stdin = flags.interactive && !flags.detach;
  await using process = await execInContainer(session.agent, name, {
    command,
    env: env.filter((variable) => variable.includes("=")),
    workdir: flags.workdir,
    user: flags.user || undefined,
    privileged: flags.privileged,
    terminal: flags.tty,
    ...{ stdin, signal },
  });
  if (flags.detach) return 0;
  const terminal = flags.tty && isOnTerminal();
  const end = await relayStreams(process, {
    ...{ stdin, terminal, detachKeys, libc: call.libc },
  });
  signal.throwIfAborted();
  return end.why === "detached" ? 0 : end.exitCode ?? 0;
}
