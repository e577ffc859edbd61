/** Reads the one message of a request. */

import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { unlessAborted } from "../../errors/abort.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { FrameReader } from "./frames.ts";
import { GRPC_CODE, GrpcError } from "./grpc_error.ts";
import type { RequestBudget } from "./request_budget.ts";
import type { CallContext } from "./service_methods.ts";

// Enough for 16 MiB over a Unix socket; slower clients would hold memory.
const ARRIVAL_MS = 30_000;

/**
 * Reads a request to its end.
 *
 * @throws {GrpcError} If it is malformed, too large, or does not arrive in time.
 */
export async function readRequest(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { signal, budget }: Pick<CallContext, "signal"> & {
    readonly budget: RequestBudget;
  },
): Promise<Bytes> {
  const encoding = headers["grpc-encoding"];
  const reader = new FrameReader(Array.isArray(encoding) ? "" : encoding);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(tooLate()), ARRIVAL_MS);
  using share = budget.open();
  const onData = (chunk: Uint8Array) => {
    try {
      share.take(chunk.byteLength);
      reader.push(chunk);
    } catch (error) {
      reject(error);
    }
  };
  stream.on("data", onData);
  stream.once("end", resolve);
  try {
    await unlessAborted(() => promise, { signal });
    return reader.end();
  } finally {
    clearTimeout(timer);
    stream.off("data", onData);
    stream.off("end", resolve);
    stream.resume(); // Further data is dropped.
  }
}

function tooLate(): GrpcError {
  return new GrpcError(
    GRPC_CODE.deadlineExceeded,
    `Cannot read the request: it did not come within ${ARRIVAL_MS} ms`,
  );
}
