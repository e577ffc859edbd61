/** The server's side of a session of SPDY/3.1: as much as Kubernetes uses of it. */

import type { Bytes } from "../../../formats/bytes.ts";
import type { Wire } from "../wire.ts";
import { FrameReader, SpdyProtocolError } from "./frame_reader.ts";
import {
  type DataFrame,
  type Frame,
  GO_AWAY_STATUS,
  goAwayFrame,
  type HeadersFrame,
  INITIAL_WINDOW,
  isControl,
  pingFrame,
  replyFrame,
  RESET_STATUS,
  resetFrame,
  windowFrame,
} from "./frames.ts";
import { emptyBlock, HeaderInflater } from "./header_block.ts";
import { SendWindow } from "./send_window.ts";
import { SpdyStream, type StreamHost } from "./spdy_stream.ts";

/** Options of a session. */
export interface SessionOptions {
  /** Called for each stream that the client creates. False refuses it. */
  readonly onStream: (stream: SpdyStream) => boolean;
  /** Called when data is received or sent. */
  readonly onData: () => void;
  /** How long the client may take to close the connection, in milliseconds. */
  readonly lingerMs: number;
}

// Two for each connection to a port.
const MAX_STREAMS = 1024;
// The buffered data of all streams at which reading stops.
const MAX_HELD_BYTES = 2 * 1024 * 1024;
// The unsent responses at which reading stops.
const MAX_ANSWER_BYTES = 64 * 1024;
// While nothing is read, only a write detects that the client has gone.
const PROBE_MS = 5000;

/** A session that a client has begun. */
export class SpdySession {
  readonly #wire: Wire;
  readonly #options: SessionOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #inflater = new HeaderInflater();
  readonly #host: StreamHost;
  readonly #ended = new AbortController();
  readonly #reading: Promise<void>;
  #lastId = 0;
  #hasReplied = false;
  #isFinishing = false;
  /** Whether the client makes no more streams. */
  #isLeaving = false;
  #initialWindow: number | undefined;
  #heldBytes = 0;
  #taken = Promise.withResolvers<void>();
  #untold = 0;
  #answerBytes = 0;
  #lastAnswer: Promise<void> = Promise.resolve();
  #isBlocked = false;
  #lastPing = 0;

  /** Begins to read. */
  constructor(wire: Wire, options: SessionOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#host = {
      window: new SendWindow(),
      send: (frame) => this.#send(frame),
      answer: (frame) => this.#answer(frame),
      onTaken: (bytes) => this.#onTaken(bytes),
      onClosed: ({ id }) => {
        this.#streams.delete(id);
        this.#leaveIfDone();
      },
    };
    this.#reading = this.#read();
  }

  /** Aborts when the client has gone, or the connection has ended otherwise. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Settles when nothing is read any more. */
  get done(): Promise<void> {
    return this.#reading;
  }

  /**
   * Ends the session after all data: notifies the client, and waits for it to close
   * the connection. Data that it sends meanwhile is discarded: closing a connection
   * with unread data would destroy data that the client has not read yet.
   */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    for (const stream of this.#streams.values()) stream.discard();
    this.#answer(goAwayFrame(this.#lastId, GO_AWAY_STATUS.ok));
    this.#wire.end();
    const timer = setTimeout(() => this.abort(), this.#options.lingerMs);
    await this.#reading;
    clearTimeout(timer);
  }

  /** Breaks it off. */
  abort(): void {
    this.#end(new Error("Cannot stream: the connection was closed"));
  }

  async #read(): Promise<void> {
    const reader = new FrameReader();
    const probe = setInterval(() => this.#probe(), PROBE_MS);
    try {
      for await (const bytes of this.#wire.read()) {
        for (const frame of reader.read(bytes)) await this.#handle(frame);
        this.#ended.signal.throwIfAborted();
      }
      this.#end(new Error("Cannot stream: the client has disconnected"));
    } catch (error) {
      await this.#refuse(error);
      this.#end(error);
    } finally {
      clearInterval(probe);
      this.#inflater[Symbol.dispose]();
    }
  }

  /** Reports a protocol error to the client. */
  async #refuse(error: unknown): Promise<void> {
    if (!(error instanceof SpdyProtocolError)) return;
    this.#answer(goAwayFrame(this.#lastId, GO_AWAY_STATUS.protocolError));
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, this.#options.lingerMs);
    await Promise.race([this.#lastAnswer, timeout.promise]);
    clearTimeout(timer);
  }

  async #handle(frame: Frame): Promise<void> {
    this.#isBlocked = true;
    await this.#handleFrame(frame);
    if (this.#answerBytes > MAX_ANSWER_BYTES) await this.#lastAnswer;
    while (this.#heldBytes > MAX_HELD_BYTES && !this.#ended.signal.aborted) {
      await this.#taken.promise;
    }
    this.#isBlocked = false;
  }

  async #handleFrame(frame: Frame): Promise<void> {
    switch (frame.kind) {
      case "data":
        return await this.#receive(frame);
      case "stream":
        return await this.#open(frame);
      case "reply":
        throw new SpdyProtocolError(
          "Cannot accept a reply: there was no request",
        );
      case "headers":
        await this.#inflater.read(frame.headerBlock);
        if (frame.isLast) this.#streams.get(frame.streamId)?.receiveEnd();
        return;
      case "reset":
        return this.#streams.get(frame.streamId)
          ?.fail(new Error("Cannot stream: the client broke the stream off"));
      case "settings":
        return this.#changeWindows(frame.initialWindow);
      case "ping":
        // Even IDs are replies to the server's pings.
        if (frame.id % 2 === 1) this.#answer(pingFrame(frame.id));
        return;
      case "window":
        return this.#widen(frame.streamId, frame.bytes);
      case "go-away":
        this.#isLeaving = true;
        return this.#leaveIfDone();
      case "unknown":
        return;
    }
  }

  async #open(
    { streamId: id, headerBlock, isLast, isOneWay }: HeadersFrame,
  ): Promise<void> {
    const headers = await this.#inflater.read(headerBlock);
    if (id % 2 === 0 || id <= this.#lastId) {
      throw new SpdyProtocolError(`Cannot open stream ${id}: the ID is wrong`);
    }
    this.#lastId = id;
    const isLate = this.#isFinishing || this.#isLeaving;
    if (this.#streams.size >= MAX_STREAMS || isLate || isOneWay) {
      return this.#answer(resetFrame(id, RESET_STATUS.refused));
    }
    const window = this.#initialWindow === undefined
      ? new SendWindow()
      : new SendWindow(this.#initialWindow, "used");
    const stream = new SpdyStream({ id, headers, window }, this.#host);
    this.#streams.set(id, stream);
    if (!this.#options.onStream(stream)) {
      return stream.reset(RESET_STATUS.refused);
    }
    const isFirst = !this.#hasReplied;
    this.#hasReplied = true;
    this.#answer(replyFrame(id, emptyBlock({ isFirst })));
    if (isLast) stream.receiveEnd();
  }

  async #receive(
    { streamId: id, bytes, isLast }: DataFrame,
  ): Promise<void> {
    this.#options.onData();
    if (id % 2 === 0 || id > this.#lastId) {
      throw new SpdyProtocolError(`Cannot take data: there is no stream ${id}`);
    }
    this.#heldBytes += bytes.byteLength;
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#onTaken(bytes.byteLength); // Too late.
    if (!stream.isRemoteOpen) {
      this.#onTaken(bytes.byteLength);
      return stream.reset(RESET_STATUS.alreadyClosed);
    }
    await stream.receive(bytes);
    if (isLast) stream.receiveEnd();
  }

  #changeWindows(initialWindow: number | undefined): void {
    if (initialWindow === undefined) return;
    const more = initialWindow - (this.#initialWindow ?? INITIAL_WINDOW);
    this.#initialWindow = initialWindow;
    for (const { id } of this.#streams.values()) this.#widen(id, more);
  }

  #widen(id: number, bytes: number): void {
    const stream = this.#streams.get(id);
    const window = id === 0 ? this.#host.window : stream?.window;
    if (window === undefined || window.widen(bytes)) return;
    if (stream !== undefined) return stream.reset(RESET_STATUS.flowControl);
    throw new SpdyProtocolError("Cannot widen the session's window so far");
  }

  #onTaken(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#taken.resolve();
    this.#taken = Promise.withResolvers();
    this.#untold += bytes;
    if (this.#untold < INITIAL_WINDOW / 2) return;
    this.#answer(windowFrame(0, this.#untold));
    this.#untold = 0;
  }

  #answer(frame: Bytes): void {
    this.#answerBytes += frame.byteLength;
    this.#lastAnswer = this.#send(frame).catch(() => {}).then(() => {
      this.#answerBytes -= frame.byteLength;
    });
  }

  async #send(frame: Bytes): Promise<void> {
    this.#ended.signal.throwIfAborted();
    try {
      await this.#wire.write(frame);
    } catch (error) {
      this.#end(error);
      throw error;
    }
    if (!isControl(frame)) this.#options.onData();
  }

  #leaveIfDone(): void {
    if (!this.#isLeaving || this.#streams.size > 0) return;
    this.#end(new Error("Cannot stream: the client has left"));
  }

  #probe(): void {
    if (!this.#isBlocked) return;
    this.#lastPing += 2;
    this.#answer(pingFrame(this.#lastPing));
  }

  #end(reason: unknown): void {
    this.#ended.abort(reason);
    for (const stream of this.#streams.values()) stream.fail(reason);
    this.#taken.resolve();
    this.#wire.destroy();
  }
}
