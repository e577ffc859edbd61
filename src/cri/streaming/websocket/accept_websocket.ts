/** Upgrades to WebSocket: RFC 6455. */

// @ts-types="./ws.d.ts"
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import type { UpgradeRequest } from "../upgrade_request.ts";
import { duplexWire, type Wire } from "../wire.ts";

/** Options of {@linkcode acceptWebSocket}. */
export interface AcceptOptions {
  /** What was chosen of the client's; undefined if it named none. */
  readonly protocol: string | undefined;
  /** How long the client may take to close the connection, in milliseconds. */
  readonly lingerMs: number;
}

// Go's clients send 32 KiB; a message waits in memory until it is whole.
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * Accepts an upgrade. The connection is paused, so that no message is missed.
 *
 * @throws {Error} If the request is wrong, of which the client has been told.
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
    // Else messages could come before whoever waits for the promise listens.
    accepted.pause();
    resolve(accepted);
  });
  return promise;
}

/** What of a connection is SPDY: its messages, one behind the other. */
export function tunnelWire(socket: WebSocket): Wire {
  return duplexWire(createWebSocketStream(socket), new Uint8Array(0));
}
