/** A client of WebSocket (RFC 6455) that does what a test says, right or wrong. */

import {
  type Bytes,
  concatBytes,
  toBytes,
  toText,
} from "../../../src/formats/bytes.ts";
import { askForUpgrade, type Upgraded, writeAll } from "./upgrade.ts";

/** A frame, of either side. */
export interface WebSocketFrame {
  /** 0 goes on, 1 is text, 2 is bytes, 8 an end, 9 a ping, 10 a pong. */
  readonly opcode: number;
  readonly bytes: Bytes;
  /** Whether it is the last of its message. */
  readonly isLast: boolean;
}

/** How it asks for its connection. */
export interface WebSocketRequest {
  /** The protocols: a header's value. */
  readonly protocols?: string;
  /** Headers that replace its own; empty ones are left out. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A connection: `using client = await connectWebSocket(url);`. */
export interface WebSocketClient extends Disposable {
  /** The answer to the upgrade, without its body. */
  readonly answer: string;
  readonly connection: Deno.TcpConn;
  /** Sends a frame; by default all of a message of bytes. */
  send(
    bytes: Uint8Array | string,
    options?: { readonly opcode?: number; readonly isLast?: boolean },
  ): Promise<void>;
  /** Sends a message to a channel. */
  write(channel: number, data: string | Uint8Array): Promise<void>;
  /** The next frame: undefined when the server has ended. */
  next(): Promise<WebSocketFrame | undefined>;
  /** Reads to the end: what came on each channel, and the code of the end. */
  readAll(): Promise<{
    readonly texts: ReadonlyMap<number, string>;
    readonly code: number | undefined;
  }>;
}

/** Connects to a URL of the streaming server. */
export async function connectWebSocket(
  url: string,
  { protocols, headers = {} }: WebSocketRequest = {},
): Promise<WebSocketClient> {
  const all: Record<string, string> = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...(protocols === undefined ? {} : { "Sec-WebSocket-Protocol": protocols }),
    ...headers,
  };
  const sent = Object.entries(all).filter(([, value]) => value !== "");
  return new Client(
    await askForUpgrade(url, {
      method: "GET",
      headers: Object.fromEntries(sent),
    }),
  );
}

/** A client's frame. */
export function clientFrame(
  { opcode, bytes, isLast }: WebSocketFrame,
): Bytes {
  const size = bytes.byteLength;
  const head = new Uint8Array(size < 126 ? 2 : size <= 0xffff ? 4 : 10);
  const view = new DataView(head.buffer);
  view.setUint8(0, (isLast ? 0x80 : 0) | opcode);
  const MASKED = 0x80;
  if (size < 126) view.setUint8(1, MASKED | size);
  else if (size <= 0xffff) {
    view.setUint8(1, MASKED | 126);
    view.setUint16(2, size);
  } else {
    view.setUint8(1, MASKED | 127);
    view.setBigUint64(2, BigInt(size));
  }
  // A mask of zeros leaves the bytes as they are.
  return concatBytes([head, new Uint8Array(4), bytes]);
}

class Client implements WebSocketClient {
  readonly answer: string;
  readonly connection: Deno.TcpConn;
  #rest: Bytes;

  constructor({ connection, answer, rest }: Upgraded) {
    this.connection = connection;
    this.answer = answer;
    this.#rest = rest;
  }

  async send(
    data: Uint8Array | string,
    { opcode = 2, isLast = true }: {
      readonly opcode?: number;
      readonly isLast?: boolean;
    } = {},
  ): Promise<void> {
    const bytes = typeof data === "string"
      ? toBytes(data)
      : concatBytes([data]);
    await writeAll(this.connection, clientFrame({ opcode, bytes, isLast }));
  }

  async write(channel: number, data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? toBytes(data) : data;
    await this.send(concatBytes([Uint8Array.of(channel), bytes]));
  }

  async next(): Promise<WebSocketFrame | undefined> {
    const head = await this.#take(2);
    if (head === undefined) return undefined;
    const [first = 0, second = 0] = head;
    let size = second & 0x7f;
    if (size >= 126) {
      const length = await this.#take(size === 126 ? 2 : 8);
      if (length === undefined) return undefined;
      size = Number.parseInt(length.toHex(), 16);
    }
    const bytes = await this.#take(size);
    if (bytes === undefined) return undefined;
    return { opcode: first & 0xf, bytes, isLast: (first & 0x80) !== 0 };
  }

  async readAll(): Promise<{
    readonly texts: ReadonlyMap<number, string>;
    readonly code: number | undefined;
  }> {
    const texts = new Map<number, string>();
    for (;;) {
      const frame = await this.next();
      if (frame === undefined) return { texts, code: undefined };
      const { opcode, bytes: [channel = 0, ...rest], bytes } = frame;
      if (opcode === 8) return { texts, code: channel << 8 | (rest[0] ?? 0) };
      if (opcode > 2) continue;
      const text = toText(bytes.subarray(1));
      texts.set(channel, (texts.get(channel) ?? "") + text);
    }
  }

  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch {
      // A test has closed it.
    }
  }

  async #take(size: number): Promise<Bytes | undefined> {
    while (this.#rest.byteLength < size) {
      const buffer = new Uint8Array(64 * 1024);
      const count = await this.connection.read(buffer);
      if (count === null) return undefined;
      this.#rest = concatBytes([this.#rest, buffer.subarray(0, count)]);
    }
    const taken = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return taken;
  }
}
