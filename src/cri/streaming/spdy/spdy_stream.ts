/** A stream in a session of SPDY/3.1, as the server has it. */

import type { Bytes } from "../../../formats/bytes.ts";
import { ReceiveBuffer } from "../receive_buffer.ts";
import {
  dataFrame,
  INITIAL_WINDOW,
  RESET_STATUS,
  resetFrame,
  windowFrame,
} from "./frames.ts";
import { SendWindow } from "./send_window.ts";

/** What a stream has of its session. */
export interface StreamHost {
  readonly window: SendWindow;
  /** Settles when a frame has been sent. */
  send(frame: Bytes): Promise<void>;
  /** Sends a frame soon, if the client is still there. */
  answer(frame: Bytes): void;
  /** So many bytes that came for a stream do not wait any more. */
  onTaken(bytes: number): void;
  /** Neither side will say any more. */
  onClosed(stream: SpdyStream): void;
}

/** How a stream begins. */
export interface StreamStart {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly window: SendWindow;
}

// What io.Copy() of Go's clients reads at once. Between two such frames of a stream,
// all others have their turn.
const MAX_DATA_BYTES = 32 * 1024;

/** One that a client has made. */
export class SpdyStream {
  /** Odd, and higher than those before it. */
  readonly id: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** How much the client takes. */
  readonly window: SendWindow;
  /** What the client says. Cancelling it discards the rest. */
  readonly readable: ReadableStream<Bytes>;
  /** What is said to the client. Aborting it breaks the stream off. */
  readonly writable: WritableStream<Bytes>;
  readonly #host: StreamHost;
  readonly #received: ReceiveBuffer;
  readonly #broken = new AbortController();
  #isRemoteOpen = true;
  #isLocalOpen = true;
  /** Bytes that the client has not been told of that there is room again. */
  #untold = 0;

  /** Makes one that the client has asked for. */
  constructor({ id, headers, window }: StreamStart, host: StreamHost) {
    this.id = id;
    this.headers = headers;
    this.window = window;
    this.#host = host;
    this.#received = new ReceiveBuffer((bytes) => this.#onTaken(bytes));
    this.readable = this.#received.readable;
    this.writable = new WritableStream({
      write: (bytes) => this.#write(bytes),
      close: () => this.#close(),
      abort: () => this.reset(RESET_STATUS.cancel),
    });
  }

  /** Aborts if either side breaks the stream off, or the client goes. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Whether the client may still say something. */
  get isRemoteOpen(): boolean {
    return this.#isRemoteOpen;
  }

  /** Takes what has come, and waits until there is room again. */
  receive(bytes: Bytes): Promise<void> {
    return this.#received.push(bytes);
  }

  /** The client says no more. */
  receiveEnd(): void {
    this.#isRemoteOpen = false;
    this.#received.end();
    this.#closeIfDone();
  }

  /** Whatever the client says from now on is discarded. */
  discard(): void {
    this.#received.end();
  }

  /** The client has broken it off, or has gone. */
  fail(reason: unknown): void {
    if (!this.#isLocalOpen && !this.#isRemoteOpen) return;
    this.#isRemoteOpen = this.#isLocalOpen = false;
    this.#received.fail(reason);
    this.#broken.abort(reason);
    this.window.wake();
    this.#host.onClosed(this);
  }

  /** Breaks it off, and tells the client. */
  reset(status: number): void {
    if (!this.#isLocalOpen && !this.#isRemoteOpen) return;
    this.fail(new Error("Cannot stream: the stream was broken off"));
    this.#host.answer(resetFrame(this.id, status));
  }

  async #write(bytes: Bytes): Promise<void> {
    let rest = bytes;
    while (rest.byteLength > 0) {
      const size = await this.#room(Math.min(rest.byteLength, MAX_DATA_BYTES));
      const part = rest.subarray(0, size);
      await this.#host.send(dataFrame(this.id, part, { isLast: false }));
      rest = rest.subarray(size);
    }
  }

  /** Waits for room in both windows, and takes it. */
  async #room(most: number): Promise<number> {
    const [own, shared] = [this.window, this.#host.window];
    for (;;) {
      this.#broken.signal.throwIfAborted();
      const size = Math.min(most, own.room, shared.room);
      if (size > 0) {
        own.take(size);
        shared.take(size);
        return size;
      }
      await SendWindow.untilChanged(own, shared);
    }
  }

  async #close(): Promise<void> {
    if (!this.#isLocalOpen) return;
    this.#isLocalOpen = false;
    const nothing = new Uint8Array(0);
    const sent = this.#host.send(dataFrame(this.id, nothing, { isLast: true }));
    this.#closeIfDone();
    await sent;
  }

  #closeIfDone(): void {
    if (!this.#isLocalOpen && !this.#isRemoteOpen) this.#host.onClosed(this);
  }

  #onTaken(bytes: number): void {
    this.#host.onTaken(bytes);
    this.#untold += bytes;
    if (!this.#isRemoteOpen || this.#untold < INITIAL_WINDOW / 2) return;
    this.#host.answer(windowFrame(this.id, this.#untold));
    this.#untold = 0;
  }
}
