/** What ends a call early: its client, its deadline, or the server's end. */

import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { GRPC_CODE, GrpcError } from "./grpc_error.ts";
import { parseTimeout } from "./metadata.ts";
import type { CallContext } from "./service_methods.ts";

// The longest that a timer takes, in milliseconds: 24 days.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The limits of a call. Disposing removes them, and aborts nothing. */
export interface CallLimits extends Disposable {
  readonly context: CallContext;
}

/**
 * Limits a call.
 *
 * @param ending Aborted when the server ends.
 * @throws {SyntaxError} If the call's timeout is malformed.
 */
export function limitCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  ending: AbortSignal,
): CallLimits {
  const deadlineMs = parseTimeout(readTimeout(headers));
  const controller = new AbortController();
  const onClose = () => controller.abort(cancelled());
  const onEnding = () => controller.abort(serverEnds());
  const timer = deadlineMs === undefined ? undefined : setTimeout(
    () => controller.abort(overdue(deadlineMs)),
    Math.min(deadlineMs, MAX_TIMER_MS),
  );
  stream.once("close", onClose);
  ending.addEventListener("abort", onEnding);
  if (stream.destroyed) onClose();
  if (ending.aborted) onEnding();
  return {
    context: { signal: controller.signal, deadlineMs },
    [Symbol.dispose]() {
      clearTimeout(timer);
      stream.off("close", onClose);
      ending.removeEventListener("abort", onEnding);
    },
  };
}

function readTimeout(headers: IncomingHttpHeaders): string | undefined {
  const value = headers["grpc-timeout"];
  return Array.isArray(value) ? value[0] : value;
}

function cancelled(): GrpcError {
  return new GrpcError(GRPC_CODE.cancelled, "The client cancelled the call");
}

function serverEnds(): GrpcError {
  return new GrpcError(GRPC_CODE.unavailable, "The server ends");
}

function overdue(deadlineMs: number): GrpcError {
  return new GrpcError(
    GRPC_CODE.deadlineExceeded,
    `The call took longer than its ${Math.round(deadlineMs)} ms`,
  );
}
