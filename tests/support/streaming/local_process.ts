/** Processes of this machine, with the streams that containers' ones have. */

import type { OpenProcess } from "../../../src/cri/streaming/streaming_server.ts";
import type {
  ProcessStreams,
  TerminalSize,
} from "../../../src/process/process_streams.ts";

/** What became of the processes that were started. */
export interface LocalProcesses {
  /** Starts a command for each client that comes. */
  readonly open: OpenProcess;
  /** How many run by now. */
  readonly running: number;
  /** How many were begun. */
  readonly begun: number;
  /** Sizes that clients told of their terminals. */
  readonly sizes: readonly TerminalSize[];
}

/** Runs `sh -c script` for each client; it is killed when its client goes. */
export function localProcesses(script: string): LocalProcesses {
  const sizes: TerminalSize[] = [];
  const state = { running: 0, begun: 0 };
  return {
    sizes,
    get running() {
      return state.running;
    },
    get begun() {
      return state.begun;
    },
    open(signal) {
      signal.throwIfAborted();
      state.begun++;
      state.running++;
      const child = new Deno.Command("sh", {
        args: ["-c", script],
        ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
      }).spawn();
      const kill = () => {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended by itself.
        }
      };
      signal.addEventListener("abort", kill);
      const ended = child.status.then(({ code }) => {
        state.running--;
        signal.removeEventListener("abort", kill);
        return code;
      });
      return Promise.resolve<ProcessStreams>({
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: child.stderr,
        resize: (size) => Promise.resolve(void sizes.push(size)),
        ended,
        async [Symbol.asyncDispose]() {
          kill();
          await ended;
          for (const stream of [child.stdout, child.stderr]) {
            await stream.cancel().catch(() => {}); // It was read to its end.
          }
          await child.stdin.abort().catch(() => {}); // It was closed.
        },
      });
    },
  };
}
