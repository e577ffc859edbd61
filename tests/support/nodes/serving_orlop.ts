/** `orlop serve` in a process, with a client. */

import { GrpcClient } from "../grpc_client.ts";
import { lines } from "../programs/lines.ts";
import { orlopCommand } from "../programs/orlop_program.ts";

/** A process that serves. Disposing ends it. */
export interface ServingOrlop extends AsyncDisposable {
  readonly pid: number;
  readonly socket: string;
  /** Connected already. */
  readonly client: GrpcClient;
  /** What it has said so far, a line each. */
  readonly said: readonly string[];
  /** Sends a signal, and waits for the end. @returns The exit code. */
  end(signal: Deno.Signal): Promise<number>;
}

/** Starts it on a store below a directory, and waits until it answers. */
export async function serveOrlop(
  directory: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ServingOrlop> {
  const socket = `${directory}/cri.sock`;
  const words = ["serve", "--listen", `unix://${socket}`, ...args];
  const child = orlopCommand(directory, words, env).spawn();
  const said: string[] = [];
  const ready = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const line of lines(child.stderr)) {
      said.push(line);
      if (line.includes("Serving at")) ready.resolve();
    }
    ready.reject(new Error(`orlop serve ended: ${said.join("\n")}`));
  })();
  const printing = child.stdout.cancel();
  await ready.promise;
  const client = new GrpcClient(socket);
  const end = async (signal: Deno.Signal) => {
    client[Symbol.dispose]();
    try {
      child.kill(signal);
    } catch {
      // It has ended.
    }
    const { code } = await child.status;
    await Promise.all([reading, printing]);
    return code;
  };
  return {
    pid: child.pid,
    socket,
    client,
    said,
    end,
    [Symbol.asyncDispose]: async () => void await end("SIGKILL"),
  };
}
