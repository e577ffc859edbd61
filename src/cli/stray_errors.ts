/** Errors that nobody has caught: told in one line, as all others. */

import { describeError } from "./render/describe_error.ts";
import type { Terminal } from "./render/terminal.ts";

/** Ends the process, with a message, for an error that nobody catches. */
export function listenForStrayErrors(terminal: Terminal): Disposable {
  const end = (event: Event, error: unknown) => {
    event.preventDefault(); // or the runtime would print a backtrace
    terminal.tell(
      `orlop: ${
        describeError(error)
      }; this is a fault of orlop: please report it`,
    );
    Deno.exit(1);
  };
  const onRejection = (event: PromiseRejectionEvent) =>
    end(event, event.reason);
  const onError = (event: ErrorEvent) => end(event, event.error);
  addEventListener("unhandledrejection", onRejection);
  addEventListener("error", onError);
  return {
    [Symbol.dispose]() {
      removeEventListener("unhandledrejection", onRejection);
      removeEventListener("error", onError);
    },
  };
}
