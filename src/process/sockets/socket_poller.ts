/**
 * Waits for sockets that Deno does not manage: poll(2), in one thread for all. A
 * thread for each would use up Deno's thread pool, and block the whole process.
 */

import type { LibcSymbols, SocketSymbols } from "../libc_symbols.ts";
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_FLAGS,
  SOCK_STREAM,
} from "./socket_constants.ts";

/** Events: <poll.h>. */
export const POLLIN = 0x1;
export const POLLOUT = 0x4;
const POLLERR = 0x8;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;
/** The socket is closed or broken, at least in one direction. */
export const POLLED_END: number = POLLERR | POLLHUP | POLLNVAL;

// struct pollfd: the descriptor (i32), requested events, returned events.
const ENTRY_BYTES = 8;
const EVENTS_OFFSET = 4;
const FOUND_OFFSET = 6;
const LITTLE_ENDIAN = true;
const FOR_EVER = -1;

/** What of libc waits. */
export type PollSymbols = Pick<
  SocketSymbols,
  "poll" | "recv" | "send" | "socketpair"
>;

interface Wait {
  readonly fd: number;
  readonly events: number;
  readonly resolve: (found: number) => void;
}

/** Waits for any number of sockets; for none, nothing is done. */
export class SocketPoller {
  readonly #symbols: PollSymbols;
  readonly #close: LibcSymbols["close"];
  #waits: Wait[] = [];
  /** Closed as soon as they are not polled. */
  #closing: number[] = [];
  #isPolling = false;
  /** The socket pair that wakes the thread; made on demand. */
  #alarm: readonly [number, number] | undefined;

  constructor(symbols: PollSymbols, { close }: Pick<LibcSymbols, "close">) {
    this.#symbols = symbols;
    this.#close = close;
  }

  /**
   * Waits until one of some events comes, or the socket is of no use any more.
   *
   * @param events Such as `POLLIN`.
   * @returns Which came.
   */
  wait(fd: number, events: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#waits.push({ fd, events, resolve });
    if (this.#isPolling) this.#wake();
    else this.#run();
    return promise;
  }

  /** Closes a socket; waiters see its end. */
  close(fd: number): void {
    const [own, rest] = partition(this.#waits, (wait) => wait.fd === fd);
    this.#waits = rest;
    this.#closing.push(fd);
    for (const { resolve } of own) resolve(POLLHUP);
    if (this.#isPolling) this.#wake();
    else this.#closePending();
  }

  async #run(): Promise<void> {
    this.#isPolling = true;
    try {
      const [alarm] = this.#alarm ??= makeAlarm(this.#symbols);
      while (this.#waits.length > 0) await this.#pollOnce(alarm);
    } catch {
      // Too many files are open: to those who wait it is the end.
      const waits = this.#waits;
      this.#waits = [];
      for (const { resolve } of waits) resolve(POLLHUP);
    } finally {
      this.#isPolling = false;
      this.#closePending();
    }
  }

  async #pollOnce(alarm: number): Promise<void> {
    const waits = [...this.#waits];
    const table = new DataView(
      new ArrayBuffer(ENTRY_BYTES * (waits.length + 1)),
    );
    writeEntry(table, 0, { fd: alarm, events: POLLIN });
    waits.forEach((wait, at) => writeEntry(table, at + 1, wait));
    const bytes = new Uint8Array(table.buffer);
    await this.#symbols.poll(bytes, BigInt(waits.length + 1), FOR_EVER);
    this.#closePending();
    if (readEntry(table, 0) !== 0) this.#silence(alarm);
    waits.forEach((wait, at) => {
      const found = readEntry(table, at + 1);
      if (found === 0 || !this.#waits.includes(wait)) return;
      this.#waits = this.#waits.filter((other) => other !== wait);
      wait.resolve(found);
    });
  }

  #wake(): void {
    const [, end] = this.#alarm ?? [];
    if (end === undefined) return;
    // If it is full, the thread wakes anyway.
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    this.#symbols.send(end, new Uint8Array(1), 1n, flags);
  }

  #silence(alarm: number): void {
    const buffer = new Uint8Array(64);
    const size = BigInt(buffer.length);
    while (this.#symbols.recv(alarm, buffer, size, MSG_DONTWAIT) === size) {
      // There may be more.
    }
  }

  #closePending(): void {
    for (const fd of this.#closing) this.#close(fd);
    this.#closing = [];
  }
}

function makeAlarm({ socketpair }: PollSymbols): readonly [number, number] {
  const pair = new Int32Array(2);
  const type = SOCK_STREAM | SOCK_FLAGS;
  const [one, other] = socketpair(AF_UNIX, type, 0, pair) === 0 ? pair : [];
  if (one !== undefined && other !== undefined) return [one, other];
  throw new Error("Cannot make a pair of sockets: too many files are open");
}

function partition<T>(
  items: readonly T[],
  isFirst: (item: T) => boolean,
): readonly [T[], T[]] {
  const rest = items.filter((item) => !isFirst(item));
  return [items.filter(isFirst), rest];
}

function writeEntry(
  table: DataView,
  at: number,
  { fd, events }: Pick<Wait, "fd" | "events">,
): void {
  const offset = at * ENTRY_BYTES;
  table.setInt32(offset, fd, LITTLE_ENDIAN);
  table.setInt16(offset + EVENTS_OFFSET, events, LITTLE_ENDIAN);
}

function readEntry(table: DataView, at: number): number {
  return table.getInt16(at * ENTRY_BYTES + FOUND_OFFSET, LITTLE_ENDIAN);
}
