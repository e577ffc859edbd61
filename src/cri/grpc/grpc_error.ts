/** gRPC's status codes, and their conditions: statuscodes.md of gRPC. */

import { categoryOf, type ErrorCategory } from "../../errors/category.ts";
import { UnauthorizedError } from "../../errors/image_errors.ts";
import { sentenceOf } from "../../errors/why.ts";
import { showOnOneLine } from "../../formats/visible_text.ts";

/** The codes that orlop answers with. */
export const GRPC_CODE = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** One of them. */
export type GrpcCode = (typeof GRPC_CODE)[keyof typeof GRPC_CODE];

/** An error with its own status code. */
export class GrpcError extends Error {
  /** The code for the client. */
  readonly code: GrpcCode;

  static {
    this.prototype.name = "GrpcError";
  }

  /** Makes one with a code. */
  constructor(code: GrpcCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The status of a call. */
export interface GrpcStatus {
  readonly code: GrpcCode;
  /** Empty if the call succeeded. */
  readonly message: string;
}

/**
 * The status of a call that threw. Clients show the message unchanged: text from a
 * request or an image must not move the cursor, or forge a line of a log.
 */
export function statusOf(error: unknown): GrpcStatus {
  const message = showOnOneLine(sentenceOf(error)).trim();
  return { code: codeOf(error), message };
}

function codeOf(error: unknown): GrpcCode {
  if (error instanceof GrpcError) return error.code;
  if (error instanceof UnauthorizedError) return GRPC_CODE.unauthenticated;
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError") return GRPC_CODE.cancelled;
  if (name === "TimeoutError") return GRPC_CODE.deadlineExceeded;
  return isRefusal(error)
    ? GRPC_CODE.invalidArgument
    : CODES[categoryOf(error)];
}

/**
 * Whether the error is one of orlop's own messages about an argument, not a bug.
 */
function isRefusal(error: unknown): boolean {
  const isFitting = error instanceof TypeError || error instanceof RangeError;
  // V8's own messages begin so, too, but have no reason after a colon.
  return isFitting && /^Cannot .*: /s.test(error.message);
}

const CODES: Readonly<Record<ErrorCategory, GrpcCode>> = {
  "not found": GRPC_CODE.notFound,
  "exists": GRPC_CODE.alreadyExists,
  "in use": GRPC_CODE.failedPrecondition,
  "invalid": GRPC_CODE.invalidArgument,
  "refused": GRPC_CODE.failedPrecondition,
  "busy": GRPC_CODE.unavailable,
  "unavailable": GRPC_CODE.unavailable,
  "timeout": GRPC_CODE.deadlineExceeded,
  "damaged": GRPC_CODE.unknown,
  "no space": GRPC_CODE.resourceExhausted,
  "internal": GRPC_CODE.unknown,
};
