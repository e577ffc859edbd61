/** Serves a client with a valid token, in the protocol of its choice. */

import type { ClientStreams } from "./client_streams.ts";
import { answer } from "./http_answer.ts";
import { IdleTimer } from "./idle_timer.ts";
import { listProtocols, negotiate } from "./negotiate.ts";
import { serveCommand } from "./serve_command.ts";
import {
  openSpdyCommand,
  SPDY_COMMAND_PROTOCOLS,
} from "./spdy/spdy_command.ts";
import { serveSpdyPorts, SPDY_PORT_PROTOCOLS } from "./spdy/spdy_ports.ts";
import type { StreamingLimits } from "./streaming_limits.ts";
import type {
  OpenPort,
  OpenProcess,
  WantedStreams,
} from "./streaming_server.ts";
import type { UpgradeRequest } from "./upgrade_request.ts";
import {
  openWebSocketCommand,
  WEBSOCKET_COMMAND_PROTOCOLS,
} from "./websocket/websocket_command.ts";
import {
  serveWebSocketPorts,
  TUNNEL_PROTOCOL,
  WEBSOCKET_PORT_PROTOCOLS,
} from "./websocket/websocket_ports.ts";
import { duplexWire, type Wire } from "./wire.ts";

/** The task of a token. */
export type StreamingTask = CommandTask | PortTask;

/** Streams of a process. */
export interface CommandTask {
  readonly kind: "exec" | "attach";
  readonly open: OpenProcess;
  readonly wanted: WantedStreams;
}

/** Ports of a pod. */
export interface PortTask {
  readonly kind: "portforward";
  readonly open: OpenPort;
  readonly ports: readonly number[];
}

/** Options of {@linkcode serveUpgrade}. */
export interface ServeOptions {
  readonly limits: StreamingLimits;
  /** Aborts when the server is closed. */
  readonly signal: AbortSignal;
}

/**
 * Serves a client until all is done, it disconnects, or the server is closed.
 *
 * @throws {Error} If its request is not supported; the client got a response.
 */
export async function serveUpgrade(
  upgrade: UpgradeRequest,
  task: StreamingTask,
  options: ServeOptions,
): Promise<void> {
  const { socket, request: { headers } } = upgrade;
  using idle = new IdleTimer(options.limits.idleMs, () => socket.destroy());
  const serving = { ...options, onData: () => idle.touch() };
  const isWebSocket = headers.upgrade?.toLowerCase() === "websocket";
  if (!isWebSocket && headers.upgrade?.toLowerCase() !== "spdy/3.1") {
    return refuse(upgrade, 400, "Cannot stream: use SPDY/3.1 or WebSocket");
  }
  if (task.kind === "portforward") {
    return isWebSocket
      ? await servePortsByWebSocket(upgrade, task, serving)
      : await servePortsBySpdy(upgrade, task, serving);
  }
  const client = isWebSocket
    ? await openByWebSocket(upgrade, task, serving)
    : await openBySpdy(upgrade, task, serving);
  await serveCommand(client, { open: task.open, signal: options.signal });
}

interface Serving extends ServeOptions {
  readonly onData: () => void;
}

async function openByWebSocket(
  upgrade: UpgradeRequest,
  { wanted }: CommandTask,
  { limits: { lingerMs }, onData }: Serving,
): Promise<ClientStreams> {
  const protocol = negotiateWebSocket(upgrade, WEBSOCKET_COMMAND_PROTOCOLS);
  const { acceptWebSocket } = await loadWebSocket();
  const socket = await acceptWebSocket(upgrade, { protocol, lingerMs });
  return await openWebSocketCommand(socket, { protocol, wanted, onData });
}

async function openBySpdy(
  upgrade: UpgradeRequest,
  { wanted }: CommandTask,
  { limits, onData }: Serving,
): Promise<ClientStreams> {
  const protocol = negotiateSpdy(upgrade, SPDY_COMMAND_PROTOCOLS);
  const wire = acceptSpdy(upgrade, protocol);
  return await openSpdyCommand(wire, { ...limits, protocol, wanted, onData });
}

async function servePortsByWebSocket(
  upgrade: UpgradeRequest,
  { open, ports }: PortTask,
  { limits, signal, onData }: Serving,
): Promise<void> {
  const protocol = negotiateWebSocket(upgrade, WEBSOCKET_PORT_PROTOCOLS);
  const isTunnel = protocol === TUNNEL_PROTOCOL;
  if (!isTunnel && ports.length === 0) {
    return refuse(upgrade, 400, "Cannot forward: no ports are named");
  }
  const { lingerMs } = limits;
  const { acceptWebSocket, tunnelWire } = await loadWebSocket();
  const socket = await acceptWebSocket(upgrade, { protocol, lingerMs });
  const options = { ...limits, open, signal, onData };
  return isTunnel
    ? await serveSpdyPorts(tunnelWire(socket), options)
    : await serveWebSocketPorts(socket, { ...options, protocol, ports });
}

async function servePortsBySpdy(
  upgrade: UpgradeRequest,
  { open }: PortTask,
  { limits, signal, onData }: Serving,
): Promise<void> {
  const protocol = negotiateSpdy(upgrade, SPDY_PORT_PROTOCOLS);
  const wire = acceptSpdy(upgrade, protocol);
  await serveSpdyPorts(wire, { ...limits, open, signal, onData });
}

/** Loaded on demand: kubelets use SPDY, and `ws` takes 5 MB of memory. */
function loadWebSocket(): Promise<
  typeof import("./websocket/accept_websocket.ts")
> {
  return import("./websocket/accept_websocket.ts");
}

/** As {@linkcode negotiateSpdy}; undefined if the client names none. */
function negotiateWebSocket<T extends string>(
  upgrade: UpgradeRequest,
  known: readonly T[],
): T | undefined {
  const names = listProtocols(upgrade.request, "sec-websocket-protocol");
  const protocol = negotiate(names, known);
  if (protocol !== undefined || names.length === 0) return protocol;
  return refuse(upgrade, 400, "Cannot stream: no protocol is known");
}

/**
 * The first protocol of the client that is known; if there is none, the client gets
 * an error.
 */
function negotiateSpdy<T extends string>(
  upgrade: UpgradeRequest,
  known: readonly T[],
): T {
  const names = listProtocols(upgrade.request, "x-stream-protocol-version");
  const why = "Cannot stream: X-Stream-Protocol-Version names no protocol";
  if (names.length === 0) return refuse(upgrade, 400, why);
  const protocol = negotiate(names, known);
  if (protocol !== undefined) return protocol;
  answer(upgrade.socket, {
    status: 403,
    why: `${why} that is known`,
    headers: known.map((name) => ["X-Accepted-Stream-Protocol-Versions", name]),
  });
  throw new Error(`${why} that is known`);
}

function acceptSpdy(
  { socket, head }: UpgradeRequest,
  protocol: string,
): Wire {
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\n" +
      "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n" +
      `X-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  return duplexWire(socket, head);
}

/** @throws {Error} Always, after the client got a response. */
function refuse(
  { socket }: UpgradeRequest,
  status: number,
  why: string,
): never {
  answer(socket, { status, why });
  throw new Error(why);
}
