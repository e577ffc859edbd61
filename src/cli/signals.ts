/** Ctrl-C and `kill`: the first signal stops gracefully, the second at once. */

/** Listens until it is disposed of. */
export interface Signals extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** 128 and the signal's number, once one has come. */
  readonly exitCode: number | undefined;
}

// signal(7), the same on all architectures of Linux that orlop runs on.
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type Name = keyof typeof NUMBERS;
const NAMES: readonly Name[] = ["SIGHUP", "SIGINT", "SIGTERM"];

/** What the second signal does. */
export type SecondSignal = "exit" | "wait";

/**
 * Begins to listen for signals.
 *
 * @param second `"wait"` if the command manages a running container, which also
 *   gets the signals and must be cleaned up.
 */
export function listenForSignals(second: SecondSignal = "exit"): Signals {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const listeners = NAMES.map((name) => {
    const listener = () => {
      // A hanging cleanup must not block the user.
      if (exitCode !== undefined && second === "exit") Deno.exit(exitCode);
      exitCode = 128 + NUMBERS[name];
      const why = new DOMException(`Stopped by ${name}`, "AbortError");
      controller.abort(why);
    };
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      for (const { name, listener } of listeners) {
        Deno.removeSignalListener(name, listener);
      }
    },
  };
}
