/** The status of a process for clients: remotecommand's error stream. */

import { type Bytes, toBytes } from "../../formats/bytes.ts";
import type { Outcome } from "./client_streams.ts";

/**
 * Encodes the result for the client's error stream: in versions 4 and 5 of the
 * protocol a `Status` of Kubernetes' API in JSON; in earlier ones a text, empty on
 * success.
 *
 * @param protocol Undefined is the first version.
 */
export function encodeStatus(
  outcome: Outcome,
  protocol: string | undefined,
): Bytes {
  const status = statusOf(outcome);
  const isJson = /^v[45]/.test(protocol ?? "");
  if (isJson) return toBytes(JSON.stringify(status));
  return toBytes(status.status === "Success" ? "" : status.message);
}

/** The parts of a `Status` that Kubernetes' clients read. */
type Status =
  | { readonly metadata: object; readonly status: "Success" }
  | {
    readonly metadata: object;
    readonly status: "Failure";
    readonly message: string;
    readonly reason: "NonZeroExitCode" | "InternalError";
    readonly details?: {
      readonly causes: readonly {
        readonly reason: "ExitCode";
        readonly message: string;
      }[];
    };
    readonly code?: number;
  };

function statusOf(outcome: Outcome): Status {
  if (outcome.kind === "failed") {
    return {
      metadata: {},
      status: "Failure",
      message: outcome.message,
      reason: "InternalError",
      code: 500,
    };
  }
  const { exitCode = 0 } = outcome;
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: `${exitCode}` }] },
  };
}
