/** Streams over sockets that Deno does not manage. */

import type { Bytes } from "../../formats/bytes.ts";
import type { SocketSymbols } from "../libc_symbols.ts";
import type { ByteChannel } from "../process_streams.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "./socket_constants.ts";
import {
  POLLED_END,
  POLLIN,
  POLLOUT,
  type SocketPoller,
} from "./socket_poller.ts";

/** What streams over sockets need. */
export interface SocketCalls {
  readonly symbols: SocketSymbols;
  readonly poller: SocketPoller;
}

/** How a socket sends data. */
export interface SocketChannelOptions {
  /** The maximum size of a packet in bytes. */
  readonly maxPacket: number;
}

const SHUT_WR = 1;
// A shared buffer, as reads are copied immediately: a new one for each of conmon's
// packets of 8 KiB would be slower.
const received: Bytes = new Uint8Array(64 * 1024);

/**
 * Makes streams of a socket that is connected. What it reads are its packets, if it
 * has packets. After closing the writing side, reading still works.
 */
export function openSocketChannel(
  calls: SocketCalls,
  fd: number,
  options: SocketChannelOptions,
): ByteChannel {
  const socket = new OpenSocket(calls, fd);
  return {
    readable: readableOf(socket),
    writable: new WritableStream<Bytes>({
      async write(chunk) {
        const { maxPacket } = options;
        for (let at = 0; at < chunk.length; at += maxPacket) {
          await socket.write(chunk.subarray(at, at + maxPacket));
        }
      },
      close: () => socket.endWriting(),
      abort: () => socket.close(),
    }),
    [Symbol.asyncDispose]() {
      socket.close();
      return Promise.resolve();
    },
  };
}

/** Makes a stream of what comes over a socket that is only read. */
export function openSocketReader(
  calls: SocketCalls,
  fd: number,
): ReadableStream<Bytes> {
  const socket = new OpenSocket(calls, fd);
  socket.endWriting();
  return readableOf(socket);
}

/** Makes a stream of a socket that is only written to. */
export function openSocketWriter(
  calls: SocketCalls,
  fd: number,
): WritableStream<Bytes> {
  const socket = new OpenSocket(calls, fd);
  return new WritableStream<Bytes>({
    write: (chunk) => socket.write(chunk),
    close: () => socket.close(),
    abort: () => socket.close(),
  });
}

function readableOf(socket: OpenSocket): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    async pull(controller) {
      const bytes = await socket.read();
      if (bytes.length > 0) controller.enqueue(bytes);
      else controller.close();
    },
    cancel: () => socket.close(),
  }, { highWaterMark: 0 });
}

class OpenSocket {
  readonly #symbols: SocketSymbols;
  readonly #poller: SocketPoller;
  readonly #fd: number;
  readonly #ended = new Set<"reading" | "writing">();
  #isOpen = true;

  constructor({ symbols, poller }: SocketCalls, fd: number) {
    this.#symbols = symbols;
    this.#poller = poller;
    this.#fd = fd;
  }

  /** Reads what there is; nothing is the end. */
  async read(): Promise<Bytes> {
    let count = this.#receive();
    if (count < 0 && this.#isOpen) {
      await this.#poller.wait(this.#fd, POLLIN);
      count = this.#receive();
    }
    // A reset counts as the end.
    if (count <= 0) this.#end("reading");
    return received.slice(0, Math.max(0, count));
  }

  /** @throws {Error} If nobody reads any more. */
  async write(bytes: Bytes): Promise<void> {
    let left = bytes;
    while (left.length > 0) {
      const count = this.#isOpen
        ? Number(this.#symbols.send(
          ...[this.#fd, left, BigInt(left.length)] as const,
          MSG_DONTWAIT | MSG_NOSIGNAL,
        ))
        : -1;
      if (count >= 0) left = left.subarray(count);
      else await this.#waitToWrite();
    }
  }

  async #waitToWrite(): Promise<void> {
    const found = this.#isOpen
      ? await this.#poller.wait(this.#fd, POLLOUT)
      : POLLED_END;
    if ((found & POLLED_END) === 0 && this.#isOpen) return;
    throw new Error("Cannot write to a socket: the other side has closed it");
  }

  endWriting(): void {
    if (this.#isOpen) this.#symbols.shutdown(this.#fd, SHUT_WR);
    this.#end("writing");
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#poller.close(this.#fd);
  }

  #end(direction: "reading" | "writing"): void {
    this.#ended.add(direction);
    if (this.#ended.size === 2) this.close();
  }

  /** Into `received`. */
  #receive(): number {
    if (!this.#isOpen) return 0;
    const size = BigInt(received.length);
    const count = this.#symbols.recv(this.#fd, received, size, MSG_DONTWAIT);
    return Number(count);
  }
}
