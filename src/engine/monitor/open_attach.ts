/** Attaches to containers' processes. */

import { sleep } from "../../errors/abort.ts";
import { ProcessNotFoundError } from "../../errors/process_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { socketsOf } from "../../process/libc_sockets.ts";
import type {
  ByteChannel,
  ProcessStreams,
} from "../../process/process_streams.ts";
import { runDirectory } from "../../store/paths.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { hasMonitor } from "../containers/container_monitor.ts";
import { openResizer } from "./control.ts";
import { MAX_PACKET } from "./exec_session.ts";
import { tolerantInput } from "./process_input.ts";
import { splitPackets } from "./split_packets.ts";

/** How to attach to a process. */
export interface OpenAttachOptions {
  /**
   * Whether its input may be written to, if it was created with one.
   *
   * @default {false}
   */
  readonly stdin?: boolean | undefined;
  /**
   * Whether its terminal can be resized.
   *
   * @default {false}
   */
  readonly terminal?: boolean | undefined;
  /**
   * How long output may stay unread, in milliseconds, before this client is
   * detached: conmon, and so the container, waits for all attached clients.
   *
   * @default {10_000}
   */
  readonly patienceMs?: number | undefined;
}

const PATIENCE_MS = 10_000;
// conmon's backlog is ten connections, which it accepts one by one.
const RETRIES = 100;
const RETRY_MS = 20;

/**
 * Attaches to a container's process: any number of clients can, and each gets its
 * output from now on. Its input is shared; with `stdin: "once"` it ends when the
 * first client detaches.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @throws {ProcessNotFoundError} If nothing runs in the container, or conmon does
 *   not watch it.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, openAttach } from "orlop";
 * async function watch(agent: Agent, id: ContainerId): Promise<void> {
 *   await using streams = await openAttach(agent, id);
 *   const errors = streams.stderr.pipeTo(new WritableStream());
 *   for await (const chunk of streams.stdout) console.log(chunk.byteLength);
 *   await errors;
 * }
 * ```
 */
export async function openAttach(
  handle: AgentHandle,
  id: ContainerId,
  options: OpenAttachOptions = {},
): Promise<ProcessStreams> {
  const agent = insideOf(handle);
  const { stdin = false, terminal = false, patienceMs = PATIENCE_MS } = options;
  const bundle = runDirectory(agent.store.paths, id);
  const channel = await connect(agent, id, bundle);
  const outputs = splitPackets(channel.readable, { patienceMs });
  const over = new AbortController();
  const detach = () => {
    over.abort();
    return channel[Symbol.asyncDispose]();
  };
  const ended = outputs.done.then(detach, detach).then(() => undefined);
  return {
    stdin: stdin ? tolerantInput(channel.writable) : undefined,
    ...{ stdout: outputs.stdout, stderr: outputs.stderr, ended },
    resize: terminal
      ? openResizer(agent, bundle, { signal: over.signal })
      : () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      outputs.drop();
      await detach();
      await ended;
    },
  };
}

async function connect(
  agent: Agent,
  id: ContainerId,
  bundle: string,
): Promise<ByteChannel> {
  const sockets = socketsOf(agent.store.libc);
  const socket = { name: "attach", maxPacket: MAX_PACKET };
  for (let retries = 0;; retries++) {
    if (!hasMonitor(agent, id)) throw notThere(id, undefined);
    try {
      return sockets.connectPacket(bundle, socket);
    } catch (error) {
      if (retries === RETRIES) throw notThere(id, error);
    }
    await sleep(RETRY_MS);
  }
}

function notThere(id: ContainerId, cause: unknown): ProcessNotFoundError {
  return new ProcessNotFoundError(
    `Cannot attach to container "${id}": no monitored process runs in it`,
    { cause },
  );
}
