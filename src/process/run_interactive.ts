/** Runs a program in the foreground: on orlop's terminal, with orlop's signals. */

import { startProgram } from "./start_program.ts";

/** Options of {@linkcode runInteractive}. */
export interface RunInteractiveOptions {
  /** Whether the program may read orlop's input; `"null"` is the default. */
  readonly stdin?: "inherit" | "null";
  /**
   * What to do at the second and each further signal that asks for the end:
   * `"forward"`, the default, passes it on; `"kill"` ends the program, which may
   * hang.
   */
  readonly onRepeat?: (count: number) => Promise<"forward" | "kill">;
}

// The signals that ask for the end.
const ENDING: readonly Deno.Signal[] = [
  ...["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const,
];
// Signals with a meaning that programs define.
const FORWARDED: readonly Deno.Signal[] = [
  ...ENDING,
  ...["SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCONT", "SIGPWR"] as const,
];

/**
 * Runs a program with orlop's own input and output, forwards signals to it, and
 * waits for its end.
 *
 * @param program Its absolute path: see `findProgram()`.
 * @returns Its exit code; 128 and the signal's number if a signal ended it.
 * @throws {CommandError} If it cannot be started.
 */
export async function runInteractive(
  program: string,
  args: readonly string[],
  { stdin = "null", onRepeat }: RunInteractiveOptions = {},
): Promise<number> {
  // Before the start: a signal in between would end orlop, not the program.
  const forwarder = new SignalForwarder(onRepeat);
  try {
    const child = startProgram(program, args, { stdin, output: "inherit" });
    forwarder.forwardTo(child);
    const { code } = await child.status;
    return code;
  } finally {
    forwarder.stop();
  }
}

/** Catches signals from its construction on, and forwards them to a child. */
class SignalForwarder {
  readonly #handlers: ReadonlyMap<Deno.Signal, () => void>;
  readonly #onRepeat: RunInteractiveOptions["onRepeat"];
  #early: Deno.Signal[] = [];
  #child: Deno.ChildProcess | undefined;
  /** The number of signals that asked for the end. */
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
  // The terminal sends these to the whole process group, so they are not forwarded.
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
    // It has ended; its status follows.
  }
}
