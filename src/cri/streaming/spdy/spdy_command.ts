/** A process's streams over SPDY: remotecommand, versions 1 to 5. */

import { unlessAborted } from "../../../errors/abort.ts";
import type { Bytes } from "../../../formats/bytes.ts";
import type { ClientStreams } from "../client_streams.ts";
import { encodeStatus } from "../command_status.ts";
import type { WantedStreams } from "../streaming_server.ts";
import type { Wire } from "../wire.ts";
import { SpdySession } from "./spdy_session.ts";
import type { SpdyStream } from "./spdy_stream.ts";

/** Versions, as clients ask for them. All but the last are older servers', too. */
export const SPDY_COMMAND_PROTOCOLS = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
] as const;

/** Options of {@linkcode openSpdyCommand}. */
export interface SpdyCommandOptions {
  readonly protocol: typeof SPDY_COMMAND_PROTOCOLS[number];
  readonly wanted: WantedStreams;
  /** How long the client may take to make its streams, in milliseconds. */
  readonly creationMs: number;
  readonly lingerMs: number;
  readonly onData: () => void;
}

/** What a stream is for, by its header `streamtype`. */
type Role = "error" | "stdin" | "stdout" | "stderr" | "resize";

/**
 * Waits until a client has made all streams that it is to have.
 *
 * @throws {Error} If it does not.
 */
export async function openSpdyCommand(
  wire: Wire,
  options: SpdyCommandOptions,
): Promise<ClientStreams> {
  const streams = new Map<Role, SpdyStream>();
  const expected = rolesFor(options);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const session = new SpdySession(wire, {
    ...options,
    onStream(stream) {
      const role = roleOf(stream);
      if (role === undefined || streams.has(role)) return false;
      streams.set(role, stream);
      // An unread stream would block the others.
      if (!isHeard(role, options.wanted)) stream.discard();
      if (expected.every((role) => streams.has(role))) resolve();
      return true;
    },
  });
  const timer = setTimeout(() => {
    reject(new Error("Cannot stream: the client creates no streams"));
    session.abort();
  }, options.creationMs);
  try {
    await unlessAborted(() => promise, { signal: session.ended });
  } finally {
    clearTimeout(timer);
  }
  return clientStreams(session, streams, options);
}

function rolesFor({ wanted, protocol }: SpdyCommandOptions): readonly Role[] {
  const canResize = /^v[345]/.test(protocol);
  return [
    "error",
    ...(wanted.stdin ? ["stdin"] as const : []),
    ...(wanted.stdout ? ["stdout"] as const : []),
    ...(wanted.stderr ? ["stderr"] as const : []),
    ...(wanted.terminal && canResize ? ["resize"] as const : []),
  ];
}

function roleOf({ headers }: SpdyStream): Role | undefined {
  const role = headers.get("streamtype");
  switch (role) {
    case "error":
    case "stdin":
    case "stdout":
    case "stderr":
    case "resize":
      return role;
  }
  return undefined;
}

function isHeard(role: Role, wanted: WantedStreams): boolean {
  return role === "stdin" && wanted.stdin ||
    role === "resize" && wanted.terminal;
}

function clientStreams(
  session: SpdySession,
  streams: ReadonlyMap<Role, SpdyStream>,
  { wanted, protocol }: SpdyCommandOptions,
): ClientStreams {
  return {
    stdin: wanted.stdin ? streams.get("stdin")?.readable : undefined,
    stdout: wanted.stdout ? streams.get("stdout")?.writable : undefined,
    stderr: wanted.stderr ? streams.get("stderr")?.writable : undefined,
    sizes: wanted.terminal ? streams.get("resize")?.readable : undefined,
    gone: session.ended,
    async finish(outcome) {
      await say(streams, encodeStatus(outcome, protocol));
      await session.finish();
    },
    abort: () => session.abort(),
  };
}

/**
 * Writes the status, and ends this side of all streams. The status comes first:
 * clients of version 1 disconnect at the end of the output.
 */
async function say(
  streams: ReadonlyMap<Role, SpdyStream>,
  status: Bytes,
): Promise<void> {
  const roles = [...streams.keys()].toSorted(
    (a, b) => Number(b === "error") - Number(a === "error"),
  );
  for (const role of roles) {
    const writer = streams.get(role)?.writable.getWriter();
    try {
      if (role === "error" && status.byteLength > 0) {
        await writer?.write(status);
      }
      await writer?.close();
    } catch {
      // The client has reset this stream, but may still read the others.
    }
  }
}
