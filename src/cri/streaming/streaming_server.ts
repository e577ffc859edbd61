/** The interface of the server that streams containers' data to clients. */

import type { Abortable } from "../../errors/abort.ts";
import type { ErrorCategory } from "../../errors/category.ts";
import type {
  ByteChannel,
  ProcessStreams,
} from "../../process/process_streams.ts";

/** Makes URLs, each valid for one client, once, for a minute. */
export interface StreamingServer extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /**
   * Makes a URL by which a client runs a command. Nothing is opened before it comes.
   *
   * @throws {TypeError} If the streams are invalid.
   * @throws {StreamingBusyError} If too many URLs are unused.
   */
  exec(open: OpenProcess, wanted: WantedStreams): string;
  /**
   * Makes a URL by which a client is attached to a container's process.
   *
   * @throws {TypeError} If the streams are invalid.
   * @throws {StreamingBusyError} If too many URLs are unused.
   */
  attach(open: OpenProcess, wanted: WantedStreams): string;
  /**
   * Makes a URL by which a client reaches ports of a pod.
   *
   * @throws {TypeError} If a port is invalid.
   * @throws {StreamingBusyError} If too many URLs are unused.
   */
  portForward(open: OpenPort, options?: PortForwardOptions): string;
  /** Stops listening, and ends all connections. */
  close(): Promise<void>;
}

/**
 * Opens the streams of a process for a client that has come. They are disposed of
 * when the client has all data, has disconnected, or the server is closed.
 *
 * @param signal Aborts, also later, if the client disconnects before the process
 * has ended: then a process that was started for it must end.
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

/** The streams of a client. */
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

/** Too many unused URLs: more would be an attack. */
export class StreamingBusyError extends Error {
  static {
    this.prototype.name = "StreamingBusyError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "busy";
  }
}
