/** Streams of containers for clients of a kubelet: what they are asked for by. */

import type { Abortable } from "../../errors/abort.ts";
import type { ErrorCategory } from "../../errors/category.ts";
import type {
  ByteChannel,
  ProcessStreams,
} from "../../process/process_streams.ts";

/** Gives out URLs, each good for one client, once, for a minute. */
export interface StreamingServer extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /**
   * Makes a URL by which a client runs a command. Nothing is opened before it comes.
   *
   * @throws {TypeError} If such streams cannot be meant.
   * @throws {StreamingBusyError} If too many clients are waited for.
   */
  exec(open: OpenProcess, wanted: WantedStreams): string;
  /**
   * Makes a URL by which a client is attached to a container's process.
   *
   * @throws {TypeError} If such streams cannot be meant.
   * @throws {StreamingBusyError} If too many clients are waited for.
   */
  attach(open: OpenProcess, wanted: WantedStreams): string;
  /**
   * Makes a URL by which a client reaches ports of a pod.
   *
   * @throws {TypeError} If a port cannot be one.
   * @throws {StreamingBusyError} If too many clients are waited for.
   */
  portForward(open: OpenPort, options?: PortForwardOptions): string;
  /** Listens no longer, and ends what clients have open. */
  close(): Promise<void>;
}

/**
 * Opens the streams of a process for a client that has come. They are disposed of
 * when the client has got all, has gone, or the server is closed.
 *
 * @param signal Aborts, also later, if the client goes before the process has
 * ended: a process that was started for it has to end then.
 */
export type OpenProcess = (signal: AbortSignal) => Promise<ProcessStreams>;

/**
 * Connects to a port of a pod. The channel is disposed of when either side is done.
 *
 * @param port From 1 to 65535.
 */
export type OpenPort = (
  port: number,
  options: Required<Abortable>,
) => Promise<ByteChannel>;

/** Which streams a client is to have. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  /** Not with a terminal, which mixes both. */
  readonly stderr: boolean;
  readonly terminal: boolean;
}

/** Options of {@linkcode StreamingServer.portForward}. */
export interface PortForwardOptions {
  /**
   * The ports of a client that cannot name them itself: one that speaks WebSocket
   * without SPDY in it.
   *
   * @default {none}
   */
  readonly ports?: readonly number[] | undefined;
}

/** So many clients are waited for that one more would be an attack. */
export class StreamingBusyError extends Error {
  static {
    this.prototype.name = "StreamingBusyError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "busy";
  }
}
