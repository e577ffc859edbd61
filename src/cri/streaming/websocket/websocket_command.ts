/** A process's streams over WebSocket: remotecommand's channels. */

// @ts-types="./ws.d.ts"
import type { WebSocket } from "ws";
import type { ClientStreams } from "../client_streams.ts";
import { encodeStatus } from "../command_status.ts";
import { ReceiveBuffer } from "../receive_buffer.ts";
import type { WantedStreams } from "../streaming_server.ts";
import { ChannelSocket } from "./channel_socket.ts";

/** Protocols by their names; an empty one is a client's that names none. */
export const WEBSOCKET_COMMAND_PROTOCOLS = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
] as const;

/** Options of {@linkcode openWebSocketCommand}. */
export interface WebSocketCommandOptions {
  /** Undefined is the same as `channel.k8s.io`. */
  readonly protocol: typeof WEBSOCKET_COMMAND_PROTOCOLS[number] | undefined;
  readonly wanted: WantedStreams;
  readonly onData: () => void;
}

const [STDIN, STDOUT, STDERR, ERROR, RESIZE] = [0, 1, 2, 3, 4] as const;
// Version 5: the channel that follows is closed.
const CLOSE = 255;

/** Opens a process's streams in a connection, and greets the client. */
export async function openWebSocketCommand(
  socket: WebSocket,
  { protocol, wanted, onData }: WebSocketCommandOptions,
): Promise<ClientStreams> {
  const [stdin, sizes] = [new ReceiveBuffer(), new ReceiveBuffer()];
  if (!wanted.stdin) stdin.end();
  if (!wanted.terminal) sizes.end();
  const canClose = protocol === "v5.channel.k8s.io";
  const channels = new ChannelSocket(socket, {
    ...{ protocol, buffers: [stdin, sizes], onData },
    async onMessage(channel, bytes) {
      if (channel === STDIN) await stdin.push(bytes);
      if (channel === RESIZE) await sizes.push(bytes);
      if (channel !== CLOSE || !canClose) return;
      if (bytes.byteLength !== 1) throw new Error("Cannot close no channel");
      if (bytes[0] === STDIN) stdin.end();
    },
  });
  // Kubernetes' own server sends this greeting; some clients wait for it.
  const lowest = wanted.stdout ? STDOUT : wanted.stderr ? STDERR : ERROR;
  await channels.send(lowest, new Uint8Array(0));
  return {
    stdin: wanted.stdin ? stdin.readable : undefined,
    stdout: wanted.stdout ? channels.writable(STDOUT) : undefined,
    stderr: wanted.stderr ? channels.writable(STDERR) : undefined,
    sizes: wanted.terminal ? sizes.readable : undefined,
    gone: channels.ended,
    async finish(outcome) {
      for (const buffer of [stdin, sizes]) buffer.end();
      const status = encodeStatus(outcome, protocol);
      try {
        if (status.byteLength > 0) await channels.send(ERROR, status);
      } catch {
        return channels.abort(); // The client has gone.
      }
      await channels.finish();
    },
    abort: () => channels.abort(),
  };
}
