/**
 * Ports of a pod over WebSocket: in a session of SPDY, as Kubernetes' clients do,
 * or by two channels a port, for data and for errors.
 */

// @ts-types="./ws.d.ts"
import type { WebSocket } from "ws";
import { toBytes } from "../../../formats/bytes.ts";
import { type ForwardOptions, forwardPort } from "../forward_port.ts";
import { ReceiveBuffer } from "../receive_buffer.ts";
import { ChannelSocket } from "./channel_socket.ts";

/** The protocol of SPDY in WebSocket. */
export const TUNNEL_PROTOCOL = "SPDY/3.1+portforward.k8s.io";

/** All protocols for ports. */
export const WEBSOCKET_PORT_PROTOCOLS = [
  TUNNEL_PROTOCOL,
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
] as const;

/** Options of {@linkcode serveWebSocketPorts}. */
export interface WebSocketPortsOptions extends ForwardOptions {
  readonly protocol: typeof WEBSOCKET_PORT_PROTOCOLS[number] | undefined;
  readonly ports: readonly number[];
  readonly onData: () => void;
}

/** Connects to all ports, and forwards until none is left or the client has gone. */
export async function serveWebSocketPorts(
  socket: WebSocket,
  { protocol, ports, onData, open, signal }: WebSocketPortsOptions,
): Promise<void> {
  const received = ports.map(() => new ReceiveBuffer());
  const channels = new ChannelSocket(socket, {
    ...{ protocol, buffers: received, onData },
    async onMessage(channel, bytes) {
      if (channel % 2 === 0) await received[channel / 2]?.push(bytes);
    },
  });
  const close = () => channels.abort();
  signal.addEventListener("abort", close, { once: true });
  try {
    await Promise.all(received.map(async ({ readable }, index) => {
      const port = ports[index] ?? 0;
      const [data, errors] = [2 * index, 2 * index + 1];
      // Tells the client the port of the channels.
      const name = Uint8Array.of(port & 0xff, port >> 8);
      await channels.send(data, name);
      await channels.send(errors, name);
      const writable = channels.writable(data);
      const client = { port, readable, writable, broken: channels.ended };
      const why = await forwardPort(client, { open, signal });
      if (why !== undefined) await channels.send(errors, toBytes(why));
      received[index]?.end();
    }));
    await channels.finish();
  } catch {
    channels.abort(); // It has gone.
  } finally {
    signal.removeEventListener("abort", close);
  }
}
