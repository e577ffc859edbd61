/** What of npm's `ws` is used: the package has no types of its own. */

import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** A connection. */
export class WebSocket extends EventEmitter {
  on(
    event: "message",
    listener: (data: Uint8Array<ArrayBuffer>, isBinary: boolean) => void,
  ): this;
  on(event: "close" | "error", listener: () => void): this;
  send(
    data: Uint8Array | string,
    callback: (error: Error | undefined) => void,
  ): void;
  ping(): void;
  pause(): void;
  resume(): void;
  close(code: number): void;
  terminate(): void;
}

/** What makes connections of upgrade requests. */
export class WebSocketServer extends EventEmitter {
  constructor(options: {
    noServer: true;
    clientTracking: false;
    perMessageDeflate: false;
    maxPayload: number;
    closeTimeout: number;
  });
  on(event: "headers", listener: (lines: string[]) => void): this;
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
    callback: (socket: WebSocket) => void,
  ): void;
}

/** A connection as a stream of Node's; messages are cut as they come. */
export function createWebSocketStream(socket: WebSocket): Duplex;
