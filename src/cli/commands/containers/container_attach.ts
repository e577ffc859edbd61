/** `orlop attach`. */

import type { Agent } from "../../../engine/agent.ts";
import { killContainer } from "../../../engine/containers/end_process.ts";
import { inspectContainer } from "../../../engine/containers/inspect_container.ts";
import { attachToContainer } from "../../../engine/processes/exec_in_container.ts";
import { parseSignal } from "../../../formats/config/signals.ts";
import type { Call } from "../../command.ts";
import { parseDetachKeys } from "../../input/detach_keys.ts";
import { openSession } from "../../open_session.ts";
import { relayStreams } from "../../relay_streams.ts";
import type { ATTACH } from "../../table/enter_commands.ts";

// The signals that are forwarded; SIGWINCH is handled by the terminal.
const FORWARDED: readonly Deno.Signal[] = [
  ...["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const,
];

// The signals that ask for the end.
const ENDING: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Connects orlop to a container's process. */
export async function run(call: Call<typeof ATTACH>): Promise<void> {
  const { flags, signal } = call;
  const [name] = call.arguments;
  const detachKeys = parseDetachKeys(flags["detach-keys"]);
  using session = openSession(call, { purpose: "read" });
  const { agent } = session;
  const { id, template } = await inspectContainer(agent, name, { signal });
  const stdin = !flags["no-stdin"];
  const terminal = template?.process?.terminal === true;
  await using process = await attachToContainer(agent, id, { stdin, terminal });
  const leave = new AbortController();
  const isProxy = flags["sig-proxy"] !== false;
  using _forwarding = isProxy
    ? forwardSignals(agent, id, () => leave.abort(signal.reason))
    : undefined;
  await relayStreams(process, {
    ...{ stdin, terminal, detachKeys, libc: call.libc },
    signal: isProxy ? leave.signal : signal,
  });
}

// As in Docker's client: the third signal ends the client.
const PATIENCE = 3;

/**
 * Forwards signals to the container, until it is disposed of.
 *
 * @param onInsistence Called when the user asks for the end repeatedly.
 */
function forwardSignals(
  agent: Agent,
  id: string,
  onRepeat: () => void,
): Disposable {
  let count = 0;
  const listeners = FORWARDED.map((name) => {
    const number = parseSignal(name) ?? 0;
    // The process has ended: then the relay ends, too.
    const send = () => killContainer(agent, id, { number }).catch(() => {});
    const listener = () => {
      if (ENDING.includes(name) && ++count >= PATIENCE) return onRepeat();
      send();
    };
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  return {
    [Symbol.dispose]() {
      for (const { name, listener } of listeners) {
        Deno.removeSignalListener(name, listener);
      }
    },
  };
}
