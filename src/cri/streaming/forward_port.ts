/** Joins a client's connection with one to a port of a pod. */

import { joinSignals } from "../../errors/abort.ts";
import { messageOf } from "../../errors/why.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { ByteChannel } from "../../process/process_streams.ts";
import { openUnlessGone } from "./open_unless_gone.ts";
import type { OpenPort } from "./streaming_server.ts";

/** The client's end. */
export interface ClientConnection {
  readonly port: number;
  /** The data from the client. Its end is passed on to the pod. */
  readonly readable: ReadableStream<Bytes>;
  /** The data to the client. Closing it ends the pod's side. */
  readonly writable: WritableStream<Bytes>;
  /** Aborts if the client resets the connection, or disconnects. */
  readonly broken: AbortSignal;
}

/** Options of {@linkcode forwardPort}. */
export interface ForwardOptions {
  readonly open: OpenPort;
  /** Aborts when the server is closed. */
  readonly signal: AbortSignal;
}

/**
 * Forwards until both sides have ended, or one was reset.
 *
 * @returns Why the port could not be opened, for the client's user; else undefined.
 * Later errors are not reported, as client-go would close all its connections.
 */
export async function forwardPort(
  client: ClientConnection,
  { open, signal }: ForwardOptions,
): Promise<string | undefined> {
  using joined = joinSignals(client.broken, signal);
  let opened: ByteChannel;
  try {
    opened = await openUnlessGone(
      (signal) => open(client.port, { signal }),
      joined.signal,
    );
  } catch (error) {
    const why = `cannot forward port ${client.port}: ${messageOf(error)}`;
    const hasGone = joined.signal.aborted;
    await abandon(client, error);
    return hasGone ? undefined : why;
  }
  await using channel = opened;
  await join(client, channel, joined.signal);
  return undefined;
}

async function join(
  client: ClientConnection,
  channel: ByteChannel,
  outer: AbortSignal,
): Promise<void> {
  const broken = new AbortController();
  using joined = joinSignals(outer, broken.signal);
  const { signal } = joined;
  const down = channel.readable.pipeTo(client.writable, { signal });
  down.catch((error) => broken.abort(error)); // No more data can come.
  const [up] = await Promise.allSettled([
    // A pod that does not read any more may still send: data for it is discarded.
    client.readable.pipeTo(channel.writable, { signal }),
    down,
  ]);
  if (signal.aborted || up.status === "rejected") {
    await abandon(client, signal.reason);
  }
}

async function abandon(
  { readable, writable }: ClientConnection,
  reason: unknown,
): Promise<void> {
  await Promise.allSettled([readable.cancel(reason), writable.abort(reason)]);
}
