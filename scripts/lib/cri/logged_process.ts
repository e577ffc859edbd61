/** Programs of a node that run beside the script, and log to a file. */

/** How one is started. */
export interface LoggedOptions {
  /** The file; what is there stays. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts one; its process ID is the program's own. */
export function spawnLogged(
  argv: readonly string[],
  { log, env = {} }: LoggedOptions,
): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: ["-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", log, ...argv],
    ...{ env, stdin: "null" },
  }).spawn();
}

/** Sends a signal, unless it has ended by itself, and waits for its end. */
export async function endProcess(
  child: Deno.ChildProcess,
  signal: Deno.Signal,
): Promise<void> {
  try {
    child.kill(signal);
  } catch {
    // It has ended.
  }
  await child.status;
}
