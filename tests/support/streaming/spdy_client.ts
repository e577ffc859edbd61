/** A client of SPDY/3.1 that does what a test says, right or wrong. */

import { constants, createDeflate, type Deflate } from "node:zlib";
import { FrameReader } from "../../../src/cri/streaming/spdy/frame_reader.ts";
import {
  controlFrame,
  dataFrame,
  type Frame,
  FRAME_TYPES,
} from "../../../src/cri/streaming/spdy/frames.ts";
import {
  type Bytes,
  concatBytes,
  toBytes,
  toText,
} from "../../../src/formats/bytes.ts";
import { askForUpgrade, type Upgraded, writeAll } from "./upgrade.ts";

/** How it asks for its session. */
export interface SpdyRequest {
  /** @default {"v4.channel.k8s.io"} */
  readonly protocol?: string;
}

/** A session: `using client = await connectSpdy(url);`. */
export interface SpdyClient extends Disposable {
  /** The answer to the upgrade, without its body. */
  readonly answer: string;
  readonly connection: Deno.TcpConn;
  /** Sends bytes, such as frames; they are not looked at. */
  send(...bytes: readonly Uint8Array[]): Promise<void>;
  /** Asks for a stream, with the next ID. */
  open(
    headers: Readonly<Record<string, string>>,
    options?: { readonly id?: number; readonly flags?: number },
  ): Promise<number>;
  /** Sends headers behind those that a stream began with. */
  addHeaders(
    id: number,
    headers: Readonly<Record<string, string>>,
    options?: { readonly flags?: number },
  ): Promise<void>;
  /** Sends data. */
  write(id: number, data: string | Uint8Array): Promise<void>;
  /** Says no more. */
  close(id: number): Promise<void>;
  /** The next frame: undefined when the server has ended. */
  next(): Promise<Frame | undefined>;
  /** The next frame of some kind; others before it are lost. */
  nextOf<K extends Frame["kind"]>(kind: K): Promise<Frame & { kind: K }>;
  /** Reads to the end: what came on each stream. */
  readAll(): Promise<ReadonlyMap<number, string>>;
}

/** Connects to a URL of the streaming server. */
export async function connectSpdy(
  url: string,
  { protocol = "v4.channel.k8s.io" }: SpdyRequest = {},
): Promise<SpdyClient> {
  return new Client(
    await askForUpgrade(url, {
      method: "POST",
      headers: {
        Host: "localhost",
        Connection: "Upgrade",
        Upgrade: "SPDY/3.1",
        "Content-Length": "0",
        "X-Stream-Protocol-Version": protocol,
      },
    }),
  );
}

/** Makes the streams of a command. @returns The ID of its input. */
export async function openCommand(client: SpdyClient): Promise<number> {
  await client.open({ streamtype: "error" });
  await client.open({ streamtype: "stdout" });
  const stdin = await client.open({ streamtype: "stdin" });
  while ((await client.nextOf("reply")).streamId !== stdin);
  return stdin;
}

/** Compresses headers as one block behind others. */
export class HeaderDeflater implements Disposable {
  readonly #deflate: Deflate = createDeflate();
  #parts: Bytes[] = [];

  /** Begins a session. */
  constructor() {
    this.#deflate.on("data", (part: Bytes) => this.#parts.push(part));
  }

  /** Compresses whatever is to be a block. */
  async deflate(block: Uint8Array): Promise<Bytes> {
    this.#parts = [];
    this.#deflate.write(block);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#deflate.flush(constants.Z_SYNC_FLUSH, resolve);
    await promise;
    return concatBytes(this.#parts);
  }

  [Symbol.dispose](): void {
    this.#deflate.destroy();
  }
}

/** A block of headers, not compressed. */
export function encodeHeaders(
  headers: Readonly<Record<string, string>>,
): Bytes {
  const pairs = Object.entries(headers).flat().map(toBytes);
  const parts = pairs.flatMap((bytes) => [number(bytes.byteLength), bytes]);
  return concatBytes([number(pairs.length / 2), ...parts]);
}

function number(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

class Client implements SpdyClient {
  readonly answer: string;
  readonly connection: Deno.TcpConn;
  readonly #deflater = new HeaderDeflater();
  readonly #frames: AsyncGenerator<Frame, void>;
  #nextId = 1;

  constructor({ connection, answer, rest }: Upgraded) {
    this.connection = connection;
    this.answer = answer;
    this.#frames = readFrames(connection, rest);
  }

  async send(...bytes: readonly Uint8Array[]): Promise<void> {
    await writeAll(this.connection, concatBytes(bytes));
  }

  async open(
    headers: Readonly<Record<string, string>>,
    { id = this.#nextId, flags = 0 }: {
      readonly id?: number;
      readonly flags?: number;
    } = {},
  ): Promise<number> {
    this.#nextId = id + 2;
    const block = await this.#deflater.deflate(encodeHeaders(headers));
    // Behind the two IDs: priority and slot.
    const rest = concatBytes([Uint8Array.of(0, 0), block]);
    await this.send(controlFrame(FRAME_TYPES.stream, [id, 0], { rest, flags }));
    return id;
  }

  async addHeaders(
    id: number,
    headers: Readonly<Record<string, string>>,
    { flags = 0 }: { readonly flags?: number } = {},
  ): Promise<void> {
    const rest = await this.#deflater.deflate(encodeHeaders(headers));
    await this.send(controlFrame(FRAME_TYPES.headers, [id], { rest, flags }));
  }

  async write(id: number, data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? toBytes(data) : data;
    await this.send(dataFrame(id, bytes, { isLast: false }));
  }

  async close(id: number): Promise<void> {
    await this.send(dataFrame(id, new Uint8Array(0), { isLast: true }));
  }

  async next(): Promise<Frame | undefined> {
    const { value, done } = await this.#frames.next();
    return done ? undefined : value;
  }

  async nextOf<K extends Frame["kind"]>(
    kind: K,
  ): Promise<Frame & { kind: K }> {
    for (;;) {
      const frame = await this.next();
      if (frame === undefined) throw new Error(`The server ended: no ${kind}`);
      if (isOf(frame, kind)) return frame;
    }
  }

  async readAll(): Promise<ReadonlyMap<number, string>> {
    const texts = new Map<number, string>();
    for (;;) {
      const frame = await this.next();
      if (frame === undefined) return texts;
      if (frame.kind !== "data") continue;
      const { streamId, bytes } = frame;
      texts.set(streamId, (texts.get(streamId) ?? "") + toText(bytes));
    }
  }

  [Symbol.dispose](): void {
    this.#deflater[Symbol.dispose]();
    try {
      this.connection.close();
    } catch {
      // A test has closed it.
    }
  }
}

function isOf<K extends Frame["kind"]>(
  frame: Frame,
  kind: K,
): frame is Frame & { kind: K } {
  return frame.kind === kind;
}

async function* readFrames(
  connection: Deno.TcpConn,
  rest: Bytes,
): AsyncGenerator<Frame, void> {
  const reader = new FrameReader();
  yield* reader.read(rest);
  for (;;) {
    const buffer = new Uint8Array(64 * 1024);
    const count = await connection.read(buffer);
    if (count === null) return;
    yield* reader.read(buffer.subarray(0, count));
  }
}
