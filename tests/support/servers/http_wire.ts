/** HTTP/1.1 on a socket, byte by byte: RFC 9112. For servers that break its rules. */

import { once } from "node:events";
import type { Socket } from "node:net";
import {
  type Bytes,
  concatBytes,
  toBytes,
} from "../../../src/formats/bytes.ts";

/** What comes before a body. */
export interface Head {
  /** Such as `GET /v2/ HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly start: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** How the length of a body is told. */
type Framing = "length" | "chunked" | "close" | "none";

const MAX_HEAD = 64 * 1024;

/** One end of a connection. */
export class HttpWire {
  /** Whether the other side has said all. */
  isOver = false;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Bytes = new Uint8Array();

  /** For those who break it. */
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** Undefined if nothing came, or nothing of HTTP. */
  async readHead(): Promise<Head | undefined> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#rest);
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#rest = this.#rest.subarray(end + 4);
        return parseHead(text.slice(0, end));
      }
      const isStrange = text !== "" && !/^[A-Z]/.test(text);
      if (isStrange || text.length > MAX_HEAD) return undefined;
      if (!await this.#readMore()) return undefined;
    }
  }

  /** The body that belongs to a head, without its framing. */
  async *readBody(framing: Framing, head: Head): AsyncGenerator<Bytes> {
    switch (framing) {
      case "none":
        return;
      case "length":
        return yield* this.#readBytes(Number(headerOf(head, "content-length")));
      case "close":
        return yield* this.#readBytes(Infinity);
      case "chunked":
        return yield* this.#readChunks();
    }
  }

  /** Waits until there is room for more. */
  async write(data: Bytes | string): Promise<void> {
    const { socket } = this;
    if (socket.destroyed) throw new Error("the other side is gone");
    if (socket.write(typeof data === "string" ? toBytes(data) : data)) return;
    const gone = new AbortController();
    const { signal } = gone;
    await Promise.race(
      ["drain", "close"].map((event) => once(socket, event, { signal })),
    ).finally(() => gone.abort());
  }

  async *#readBytes(count: number): AsyncGenerator<Bytes> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0 && !await this.#readMore()) return;
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async *#readChunks(): AsyncGenerator<Bytes> {
    for (;;) {
      const size = Number.parseInt(await this.#readLine(), 16);
      if (!(size > 0)) break;
      yield* this.#readBytes(size);
      await this.#readLine();
    }
    while (await this.#readLine() !== ""); // trailers
  }

  async #readLine(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = new TextDecoder().decode(this.#rest.subarray(0, end));
        this.#rest = this.#rest.subarray(end + 1);
        return line.trimEnd();
      }
      if (!await this.#readMore()) return "";
    }
  }

  async #readMore(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) {
      this.isOver = true;
      return false;
    }
    this.#rest = concatBytes([this.#rest, Uint8Array.from(value)]);
    return true;
  }
}

/** The text of a head, with the empty line. */
export function formatHead({ start, headers }: Head): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${start}\r\n${lines.join("")}\r\n`;
}

/** The first header of a name. */
export function headerOf({ headers }: Head, name: string): string | undefined {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1];
}

/** Replaces headers; `null` removes one. Their names are in small letters. */
export function withHeaders(
  head: Head,
  changes: Readonly<Record<string, string | null>>,
): Head {
  const kept = head.headers.filter(([name]) =>
    changes[name.toLowerCase()] === undefined
  );
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const]
  );
  return { ...head, headers: [...kept, ...added] };
}

/** How long the body after a head is; requests without either have none. */
export function framingOf(head: Head, otherwise: "close" | "none"): Framing {
  if (headerOf(head, "transfer-encoding")?.includes("chunked")) {
    return "chunked";
  }
  return headerOf(head, "content-length") === undefined ? otherwise : "length";
}

/** A piece of a body, as it is sent. */
export function frame(piece: Bytes, framing: Framing): Bytes {
  if (framing !== "chunked") return piece;
  const size = toBytes(`${piece.length.toString(16)}\r\n`);
  return concatBytes([size, piece, toBytes("\r\n")]);
}

function parseHead(text: string): Head {
  const [start = "", ...lines] = text.split("\r\n");
  return {
    start,
    headers: lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
  };
}
