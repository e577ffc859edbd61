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

/** The session's interface for a stream. */
export interface StreamHost {
  readonly window: SendWindow;
  /** Settles when a frame has been sent. */
  send(frame: Bytes): Promise<void>;
  /** Sends a frame soon, if the client is still there. */
  answer(frame: Bytes): void;
  /** Called with the number of received bytes that were consumed. */
  onTaken(bytes: number): void;
  /** Called when both sides have ended. */
  onClosed(stream: SpdyStream): void;
}

/** How a stream begins. */
export interface StreamStart {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly window: SendWindow;
}

// The buffer size of io.Copy() in Go's clients. Between two such frames, other
// streams can send.
const MAX_DATA_BYTES = 32 * 1024;

/** One that a client has made. */
export class SpdyStream {
  /** Odd, and higher than those before it. */
  readonly id: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** The client's window. */
  readonly window: SendWindow;
  /** Data from the client. Cancelling it discards the rest. */
  readonly readable: ReadableStream<Bytes>;
  /** Data to the client. Aborting it resets the stream. */
  readonly writable: WritableStream<Bytes>;
  readonly #host: StreamHost;
  readonly #received: ReceiveBuffer;
  readonly #broken = new AbortController();
  #isRemoteOpen = true;
  #isLocalOpen = true;
  /** Consumed bytes that were not yet announced in a window update. */
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

  /** Receives data, and waits until there is space again. */
  receive(bytes: Bytes): Promise<void> {
    return this.#received.push(bytes);
  }

  /** The client's side has ended. */
  receiveEnd(): void {
    this.#isRemoteOpen = false;
    this.#received.end();
    this.#closeIfDone();
  }

  /** Discards all further data of the client. */
  discard(): void {
    this.#received.end();
  }

  /** The client has reset it, or disconnected. */
  fail(reason: unknown): void {
    if (!this.#isLocalOpen && !this.#isRemoteOpen) return;
    this.#isRemoteOpen = this.#isLocalOpen = false;
    this.#received.fail(reason);
    this.#broken.abort(reason);
    this.window.wake();
    this.#host.onClosed(this);
  }

  /** Resets it, and notifies the client. */
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

  /** Waits for space in both windows, and takes it. */
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
