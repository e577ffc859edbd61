/** Upgrades to WebSocket: RFC 6455. */

// @ts-types="./ws.d.ts"
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import type { UpgradeRequest } from "../upgrade_request.ts";
import { duplexWire, type Wire } from "../wire.ts";

/** Options of {@linkcode acceptWebSocket}. */
export interface AcceptOptions {
  /** The chosen protocol; undefined if the client named none. */
  readonly protocol: string | undefined;
  /** How long the client may take to close the connection, in milliseconds. */
  readonly lingerMs: number;
}

// Go's clients send 32 KiB; an incomplete message is kept in memory.
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * Accepts an upgrade. The connection is paused, so that no message is missed.
 *
 * @throws {Error} If the request is malformed; the client got a response.
 */
export function acceptWebSocket(
  { request, socket, head }: UpgradeRequest,
  { protocol, lingerMs }: AcceptOptions,
): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    closeTimeout: lingerMs,
  });
  const gone = () => reject(new Error("Cannot upgrade: the request is wrong"));
  socket.once("close", gone);
  if (socket.destroyed) gone(); // That has been told already.
  // The package knows protocols by RFC 6455, without the slash of Kubernetes' ones.
  delete request.headers["sec-websocket-protocol"];
  server.on("headers", (lines) => {
    if (protocol === undefined) return;
    lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  server.handleUpgrade(request, socket, head, (accepted) => {
    socket.off("close", gone);
    // Otherwise messages could come before the caller listens.
    accepted.pause();
    resolve(accepted);
  });
  return promise;
}

/** The SPDY stream in a connection: the concatenation of its messages. */
export function tunnelWire(socket: WebSocket): Wire {
  return duplexWire(createWebSocketStream(socket), new Uint8Array(0));
}
