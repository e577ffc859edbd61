/** Channels in a WebSocket: messages that begin with a channel number. */

// @ts-types="./ws.d.ts"
import type { WebSocket } from "ws";
import { type Bytes, concatBytes, toText } from "../../../formats/bytes.ts";
import type { ReceiveBuffer } from "../receive_buffer.ts";

/** Options of channels. */
export interface ChannelOptions {
  /** Some protocols encode messages in base64, for text-only clients. */
  readonly protocol: string | undefined;
  /** They fail when the connection ends. */
  readonly buffers: readonly ReceiveBuffer[];
  /** Called for each message; the next one waits until the promise settles. */
  readonly onMessage: (channel: number, bytes: Bytes) => Promise<void>;
  /** Called when data is received or sent. */
  readonly onData: () => void;
}

const MAX_DATA_BYTES = 32 * 1024;
// While nothing is read, only a write detects that the client has gone.
const PROBE_MS = 5000;
const NORMAL_CLOSURE = 1000;
const ZERO = "0".charCodeAt(0);

/** A connection of channels. */
export class ChannelSocket {
  readonly #socket: WebSocket;
  readonly #options: ChannelOptions;
  readonly #isText: boolean;
  readonly #ended = new AbortController();
  /** Messages that arrived before the socket was paused. */
  readonly #messages: Bytes[] = [];
  #isTaking = false;

  /** Begins to read a connection that is paused. */
  constructor(socket: WebSocket, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#isText = options.protocol?.includes("base64") ?? false;
    const end = () => this.#end();
    socket.on("error", end).on("close", end);
    socket.on("message", (message) => {
      this.#messages.push(message);
      void this.#take();
    });
    socket.resume();
  }

  /** Aborts when the client has gone, or the connection has ended otherwise. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** A stream to a channel of the client. Closing it sends nothing. */
  writable(channel: number): WritableStream<Bytes> {
    return new WritableStream({
      write: async (bytes) => {
        for (let at = 0; at < bytes.byteLength; at += MAX_DATA_BYTES) {
          await this.send(channel, bytes.subarray(at, at + MAX_DATA_BYTES));
        }
      },
    });
  }

  /** Sends a message, and waits until the kernel has accepted it. */
  async send(channel: number, bytes: Uint8Array): Promise<void> {
    this.#ended.signal.throwIfAborted();
    const message = this.#isText
      ? `${channel}${concatBytes([bytes]).toBase64()}`
      : concatBytes([Uint8Array.of(channel), bytes]);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#socket.send(message, (error) => error ? reject(error) : resolve());
    await promise;
    this.#options.onData();
  }

  /**
   * Closes the connection after all data, and waits for the client to do the same.
   */
  async finish(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.on("close", resolve);
    if (this.#ended.signal.aborted) resolve();
    this.#socket.close(NORMAL_CLOSURE);
    await promise;
  }

  /** Breaks it off. */
  abort(): void {
    this.#socket.terminate();
    this.#end();
  }

  async #take(): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    this.#socket.pause();
    const probe = setInterval(() => this.#socket.ping(), PROBE_MS);
    try {
      for (;;) {
        const message = this.#messages.shift();
        if (message === undefined || this.#ended.signal.aborted) break;
        this.#options.onData();
        await this.#handle(message);
      }
    } catch {
      this.abort(); // The client breaks the protocol.
    } finally {
      clearInterval(probe);
      this.#isTaking = false;
      this.#socket.resume();
    }
  }

  async #handle(message: Bytes): Promise<void> {
    const [first] = message;
    if (first === undefined) return;
    const { onMessage } = this.#options;
    const rest = message.subarray(1);
    if (!this.#isText) return await onMessage(first, rest);
    await onMessage(first - ZERO, Uint8Array.fromBase64(toText(rest)));
  }

  #end(): void {
    if (this.#ended.signal.aborted) return;
    const reason = new Error("Cannot stream: the client has disconnected");
    for (const buffer of this.#options.buffers) buffer.fail(reason);
    this.#ended.abort(reason);
  }
}
