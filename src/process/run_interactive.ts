/** Runs a program in the place of orlop: on its terminal, with its signals. */

import { notStarted, PLAIN_ENV } from "./run_command.ts";

/** Options of {@linkcode runInteractive}. */
export interface RunInteractiveOptions {
  /** Whether the program may read orlop's input; `"null"` is the default. */
  readonly stdin?: "inherit" | "null";
  /** The directory to run in. */
  readonly cwd?: string;
  /** Added to a short `PATH` and `LC_ALL=C`; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * What to do at the second and each further signal that asks for the end:
   * `"forward"`, if left out, hands it on; `"kill"` ends the program, which may
   * hang.
   */
  readonly onRepeat?: (count: number) => Promise<"forward" | "kill">;
}

// Those by which people ask for the end.
const ENDING: readonly Deno.Signal[] = [
  ...["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const,
];
// And those that programs give a meaning of their own.
const FORWARDED: readonly Deno.Signal[] = [
  ...ENDING,
  ...["SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCONT", "SIGPWR"] as const,
];

/**
 * Runs a program with orlop's own input and output, hands it the signals that
 * orlop gets, and waits for its end.
 *
 * @param program Its absolute path: see `findProgram()`.
 * @returns Its exit code; 128 and the signal's number if a signal ended it.
 * @throws {CommandError} If it cannot be started.
 */
export async function runInteractive(
  program: string,
  args: readonly string[],
  options: RunInteractiveOptions = {},
): Promise<number> {
  const { stdin = "null", cwd, env } = options;
  const command = new Deno.Command(program, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...PLAIN_ENV, ...env },
    clearEnv: true,
    stdin,
    stdout: "inherit",
    stderr: "inherit",
    // The user that it is anyway. By that it is started with fork(2), not with
    // glibc's posix_spawn(3), which leaves signals 32 and 33 ignored for ever.
    uid: Deno.uid() ?? 0,
  });
  // Before the start: a signal in between would end orlop, not the program.
  const forwarder = new SignalForwarder(options.onRepeat);
  try {
    const child = spawn(program, command);
    forwarder.forwardTo(child);
    const { code } = await child.status;
    return code;
  } finally {
    forwarder.stop();
  }
}

function spawn(program: string, command: Deno.Command): Deno.ChildProcess {
  try {
    return command.spawn();
  } catch (cause) {
    throw notStarted(program, cause);
  }
}

/** Catches signals from its making on, and hands them to a child. */
class SignalForwarder {
  readonly #handlers: ReadonlyMap<Deno.Signal, () => void>;
  readonly #onRepeat: RunInteractiveOptions["onRepeat"];
  #early: Deno.Signal[] = [];
  #child: Deno.ChildProcess | undefined;
  /** How many have asked for the end. */
  #count = 0;

  constructor(onRepeat: RunInteractiveOptions["onRepeat"]) {
    this.#onRepeat = onRepeat;
    this.#handlers = new Map(
      FORWARDED.map((signal) => [signal, () => this.#take(signal)]),
    );
    for (const [signal, handler] of this.#handlers) {
      Deno.addSignalListener(signal, handler);
    }
  }

  forwardTo(child: Deno.ChildProcess): void {
    this.#child = child;
    this.#early.forEach((signal) => this.#take(signal));
    this.#early = [];
  }

  stop(): void {
    for (const [signal, handler] of this.#handlers) {
      Deno.removeSignalListener(signal, handler);
    }
  }

  #take(signal: Deno.Signal): void {
    const child = this.#child;
    if (child === undefined) {
      this.#early.push(signal);
    } else if (ENDING.includes(signal) && ++this.#count > 1) {
      this.#repeat(child, signal);
    } else {
      forward(child, signal);
    }
  }

  async #repeat(child: Deno.ChildProcess, signal: Deno.Signal): Promise<void> {
    const action = await this.#onRepeat?.(this.#count) ?? "forward";
    if (action === "kill") sendTo(child, "SIGKILL");
    else forward(child, signal);
  }
}

function forward(child: Deno.ChildProcess, signal: Deno.Signal): void {
  // These keys reach everybody on the terminal: once is what their user meant.
  const isKey = signal === "SIGINT" || signal === "SIGQUIT";
  if (!isKey || !isOnTerminal()) sendTo(child, signal);
}

/** Whether orlop's own input or one of its outputs is a terminal. */
export function isOnTerminal(): boolean {
  return Deno.stdin.isTerminal() || Deno.stdout.isTerminal() ||
    Deno.stderr.isTerminal();
}

function sendTo(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended; its status is on its way.
  }
}
