/** Answers of HTTP to a client that asked for an upgrade: RFC 9112. */

import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { byteLengthOf } from "../../formats/bytes.ts";

/** An answer that ends the connection. */
export interface HttpAnswer {
  /** Such as 404. */
  readonly status: number;
  /** Why, for people: one line. */
  readonly why?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Answers; what the client sends from now on is discarded. */
export function answer(socket: Duplex, answer: HttpAnswer): void {
  const { status, why = STATUS_CODES[status] ?? "", headers = [] } = answer;
  const body = `${why}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${byteLengthOf(body)}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.resume();
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** Closes a connection when all is sent, or after a while, in milliseconds. */
export function closeSoon(socket: Duplex, lingerMs: number): void {
  if (socket.closed) return;
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(timer));
  socket.end();
}
