/** Ports of a pod over SPDY: two streams, for data and for errors, a connection. */

import { toBytes } from "../../../formats/bytes.ts";
import { isPort } from "../../../formats/port.ts";
import { type ForwardOptions, forwardPort } from "../forward_port.ts";
import type { Wire } from "../wire.ts";
import { RESET_STATUS } from "./frames.ts";
import { SpdySession } from "./spdy_session.ts";
import type { SpdyStream } from "./spdy_stream.ts";

/** The only version. */
export const SPDY_PORT_PROTOCOLS = ["portforward.k8s.io"] as const;

/** Options of {@linkcode serveSpdyPorts}. */
export interface SpdyPortsOptions extends ForwardOptions {
  /** How long the client may take for the second stream, in milliseconds. */
  readonly creationMs: number;
  readonly lingerMs: number;
  readonly onData: () => void;
}

/** Forwards all that a client connects, until it has gone. */
export async function serveSpdyPorts(
  wire: Wire,
  options: SpdyPortsOptions,
): Promise<void> {
  const pairs = new Map<string, Pair>();
  const forwarding = new Set<Promise<void>>();
  const session = new SpdySession(wire, {
    ...options,
    onStream(stream) {
      const [key, pair] = addStream(pairs, stream);
      if (pair === undefined) return false;
      if (!isWhole(pair)) {
        expire(pairs, key, options.creationMs);
        return true;
      }
      clearTimeout(pair.timer);
      pairs.delete(key);
      const done = forward(pair, options);
      forwarding.add(done);
      void done.finally(() => forwarding.delete(done));
      return true;
    },
  });
  const close = () => session.abort();
  options.signal.addEventListener("abort", close, { once: true });
  if (options.signal.aborted) close();
  await session.done;
  options.signal.removeEventListener("abort", close);
  for (const { timer } of pairs.values()) clearTimeout(timer);
  await Promise.all(forwarding);
}

interface Pair {
  readonly port: number;
  data?: SpdyStream;
  error?: SpdyStream;
  timer?: ReturnType<typeof setTimeout>;
}

interface WholePair extends Pair {
  readonly data: SpdyStream;
  readonly error: SpdyStream;
}

function isWhole(pair: Pair): pair is WholePair {
  return pair.data !== undefined && pair.error !== undefined;
}

/** Finds the pair of a stream; none if the stream is invalid. */
function addStream(
  pairs: Map<string, Pair>,
  stream: SpdyStream,
): [key: string, pair: Pair | undefined] {
  const role = stream.headers.get("streamtype");
  const digits = stream.headers.get("port") ?? "";
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  const key = keyOf(stream, role);
  const pair = pairs.get(key) ?? { port };
  if (!isPort(port) || pair.port !== port) return [key, undefined];
  if (role !== "data" && role !== "error") return [key, undefined];
  if (pair[role] !== undefined) return [key, undefined];
  pair[role] = stream;
  pairs.set(key, pair);
  return [key, pair];
}

/**
 * Old clients send no request ID; they create the error stream just before the data
 * stream.
 */
function keyOf({ headers, id }: SpdyStream, role: string | undefined): string {
  return headers.get("requestid") || `#${role === "data" ? id - 2 : id}`;
}

/** A stream without its pair is reset. */
function expire(
  pairs: Map<string, Pair>,
  key: string,
  creationMs: number,
): void {
  const pair = pairs.get(key);
  if (pair === undefined) return;
  pair.timer = setTimeout(() => {
    pairs.delete(key);
    pair.data?.reset(RESET_STATUS.cancel);
    pair.error?.reset(RESET_STATUS.cancel);
  }, creationMs);
}

async function forward(pair: WholePair, options: SpdyPortsOptions) {
  const { port, data, error } = pair;
  error.discard(); // Clients say nothing there.
  const { readable, writable, broken } = data;
  const client = { port, readable, writable, broken };
  const why = await forwardPort(client, options);
  const writer = error.writable.getWriter();
  try {
    if (why !== undefined) await writer.write(toBytes(why));
    await writer.close();
  } catch {
    // The client has broken it off, or has gone.
  }
}
