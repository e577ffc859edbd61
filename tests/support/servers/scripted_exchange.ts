/** One request of a scripted server, and what becomes of it. */

import { sleep, unlessAborted } from "../../../src/errors/abort.ts";
import {
  type Bytes,
  concatBytes,
  toBytes,
} from "../../../src/formats/bytes.ts";
import {
  formatHead,
  frame,
  framingOf,
  type Head,
  type HttpWire,
  withHeaders,
} from "./http_wire.ts";
import type { Action, OwnAnswer, ScriptedRequest } from "./server_script.ts";

/** Where an exchange happens. */
export interface Place {
  readonly isTls: boolean;
  /** Whoever hangs waits for it. */
  readonly released: Promise<void>;
  /** Connects to the server behind. */
  reach(): Promise<HttpWire>;
}

interface ExchangeOptions extends Place {
  /** Undefined for what is no HTTP. */
  readonly head: Head | undefined;
  readonly request: ScriptedRequest;
}

// At so many pieces a second a slow body goes.
const PIECES_PER_SECOND = 50;
const PIECE_SIZE = 64 * 1024;

/** One request on a connection. */
export class Exchange {
  readonly #wire: HttpWire;
  readonly #options: ExchangeOptions;

  constructor(wire: HttpWire, options: ExchangeOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  /** @returns Whether the connection can take another request. */
  async run(action: Action): Promise<boolean> {
    const { head } = this.#options;
    if (action.delayMs !== undefined) await sleep(action.delayMs);
    if (action.raw !== undefined) {
      return await this.#sendRaw(action.raw, action);
    }
    if (head === undefined) return false;
    if (action.stopAt === "start" && !await this.#stop(action)) return false;
    return action.answer === undefined
      ? await this.#forward(head, action)
      : await this.#answer(head, action.answer, action);
  }

  async #sendRaw(
    pieces: Iterable<string>,
    { pauseMs = 0 }: Action,
  ): Promise<boolean> {
    for (const piece of pieces) {
      await this.#wire.write(piece);
      await this.#pause(pauseMs);
    }
    return false;
  }

  async #answer(
    head: Head,
    { status = 200, headers = {}, body = "" }: OwnAnswer,
    action: Action,
  ): Promise<boolean> {
    const isRead = await this.#skipBody(head, action);
    const pieces = typeof body === "string" ? toBytes(body) : body;
    const length = pieces instanceof Uint8Array
      ? { "content-length": `${pieces.length}` }
      : {};
    const start = { start: `HTTP/1.1 ${status} Said`, headers: [] };
    const answer = withHeaders(start, { ...length, ...headers });
    return await this.#send(answer, toPieces(pieces), action) && isRead;
  }

  /** @returns Whether nothing is left of it. */
  async #skipBody(
    head: Head,
    { stopRequestAt = Infinity }: Action,
  ): Promise<boolean> {
    let left = stopRequestAt;
    for await (
      const piece of this.#wire.readBody(framingOf(head, "none"), head)
    ) {
      left -= piece.length;
      if (left < 0) return false;
    }
    return true;
  }

  async #forward(head: Head, action: Action): Promise<boolean> {
    const server = await this.#options.reach();
    try {
      let isRead = false;
      const asking = this.#sendOn(server, head, action)
        .then((isWhole) => isRead = isWhole);
      asking.catch(() => {}); // the server may answer, and go, before its end
      if (action.stopRequestAt !== undefined && !await asking) return false;
      const answer = await server.readHead();
      if (answer === undefined) return false;
      const body = server.readBody(this.#answerFraming(answer), answer);
      const shown = withHeaders(answer, { connection: null });
      return await this.#send(shown, body, action) && isRead;
    } finally {
      server.socket.destroy();
    }
  }

  /** @returns Whether all of the request went on. */
  async #sendOn(
    server: HttpWire,
    head: Head,
    action: Action,
  ): Promise<boolean> {
    const [method, path, version] = head.start.split(" ");
    const start = [method, action.path ?? path, version].join(" ");
    await server.write(formatHead(withHeaders({ ...head, start }, {
      connection: "close",
      ...(this.#options.isTls ? { "x-forwarded-proto": "https" } : {}),
      ...action.requestHeaders,
    })));
    const framing = framingOf(head, "none");
    const { stopRequestAt = Infinity } = action;
    let left = stopRequestAt;
    for await (const piece of this.#wire.readBody(framing, head)) {
      await server.write(frame(piece.subarray(0, left), framing));
      left -= piece.length;
      if (left < 0 && !await this.#stop(action)) return false;
      if (left < 0) return true; // what hung is of no use any more
    }
    if (framing === "chunked") await server.write("0\r\n\r\n");
    return true;
  }

  async #send(
    head: Head,
    body: AsyncIterable<Bytes>,
    action: Action,
  ): Promise<boolean> {
    const [, status = "", ...reason] = head.start.split(" ");
    const { version = "1.1", rewrite } = action;
    const isBodiless = this.#answerFraming(head) === "none";
    const whole = rewrite === undefined || isBodiless
      ? undefined
      : rewrite(concatBytes(await Array.fromAsync(body)));
    const start = `HTTP/${version} ${action.status ?? status} ${
      reason.join(" ")
    }`;
    const sent = withHeaders({ ...head, start }, {
      ...(whole === undefined ? {} : { "content-length": `${whole.length}` }),
      ...action.headers,
    });
    await this.#wire.write(formatHead(sent));
    const pieces = whole === undefined ? body : toPieces(whole);
    const framing = this.#answerFraming(sent);
    const isWhole = isBodiless || await this.#sendBody(pieces, framing, action);
    return isWhole && version === "1.1" && framing !== "close";
  }

  async #sendBody(
    pieces: AsyncIterable<Bytes>,
    framing: ReturnType<typeof framingOf>,
    action: Action,
  ): Promise<boolean> {
    const { stopAt, pauseMs = 0 } = action;
    let left = typeof stopAt === "number" ? stopAt : Infinity;
    for await (const piece of inTime(pieces, action)) {
      const before = piece.subarray(0, Math.max(left, 0));
      if (before.length > 0) await this.#wire.write(frame(before, framing));
      left -= piece.length;
      if (left <= 0 && left > -Infinity) {
        left = Infinity;
        if (!await this.#stop(action)) return false;
        const rest = piece.subarray(before.length);
        if (rest.length > 0) await this.#wire.write(frame(rest, framing));
      }
      if (pauseMs > 0) await this.#pause(pauseMs);
    }
    if (framing === "chunked") await this.#wire.write("0\r\n\r\n");
    return true;
  }

  /** @returns Whether it goes on. */
  async #stop({ stop = "close" }: Action): Promise<boolean> {
    if (stop === "hang") {
      await this.#pause(this.#options.released);
      return true;
    }
    if (stop === "reset") this.#wire.socket.resetAndDestroy();
    return false;
  }

  /** Waits, unless the client goes. */
  async #pause(wait: number | Promise<void>): Promise<void> {
    const gone = new AbortController();
    const { socket } = this.#wire;
    const abort = () => gone.abort(new Error("the client is gone"));
    if (socket.destroyed) abort();
    socket.once("close", abort);
    try {
      await (typeof wait === "number"
        ? sleep(wait, gone)
        : unlessAborted(() => wait, gone));
    } finally {
      socket.off("close", abort);
    }
  }

  #answerFraming(head: Head): ReturnType<typeof framingOf> {
    const status = Number(head.start.split(" ")[1]);
    const isBodiless = this.#options.request.method === "HEAD" ||
      status < 200 || status === 204 || status === 304;
    return isBodiless ? "none" : framingOf(head, "close");
  }
}

async function* toPieces(
  body: Bytes | Iterable<string>,
): AsyncGenerator<Bytes> {
  if (!(body instanceof Uint8Array)) {
    for (const text of body) yield toBytes(text);
    return;
  }
  for (let at = 0; at < body.length; at += PIECE_SIZE) {
    yield body.subarray(at, at + PIECE_SIZE);
  }
}

/** Not faster than allowed. */
async function* inTime(
  pieces: AsyncIterable<Bytes>,
  { bytesPerSecond }: Action,
): AsyncGenerator<Bytes> {
  if (bytesPerSecond === undefined) return yield* pieces;
  const size = Math.max(Math.ceil(bytesPerSecond / PIECES_PER_SECOND), 1);
  const beganAt = performance.now();
  let sent = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += size) {
      const part = piece.subarray(at, at + size);
      yield part;
      sent += part.length;
      const dueAt = beganAt + sent / bytesPerSecond * 1000;
      const waitMs = dueAt - performance.now();
      if (waitMs > 0) await sleep(waitMs);
    }
  }
}
