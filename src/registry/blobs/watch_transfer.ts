/** Aborts bodies that are too slow or stalled. */

import type { RetryRules } from "../send_request.ts";

/** The limits of a transfer. */
export type TransferLimits = Pick<
  RetryRules,
  "stallTimeoutMs" | "minBytesPerSecond"
>;

/** Watches one body. Its reader reports when it waits for the network. */
export interface TransferWatch extends Disposable {
  /** What is wrong, once it is: the body was cancelled. */
  readonly problem: string | undefined;
  /** Waiting for the network begins. */
  begin(): void;
  /** Ends the wait with a number of bytes; the reader's own time does not count. */
  end(byteCount: number): void;
}

const DEFAULT_STALL_TIMEOUT_MS = 30_000;
// Less than the slowest mobile network gives to one of four connections.
const DEFAULT_MIN_BYTES_PER_SECOND = 1024;

/**
 * Begins to look at a body.
 *
 * @param cancel Ends the body; called once, when it is too slow.
 */
export function watchTransfer(
  cancel: () => void,
  limits: TransferLimits = {},
): TransferWatch {
  const {
    stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS,
    minBytesPerSecond = DEFAULT_MIN_BYTES_PER_SECOND,
  } = limits;
  const seconds = stallTimeoutMs / 1000;
  let waitingSince: number | undefined;
  let problem: string | undefined;
  // Since the average was last looked at.
  let waitedMs = 0;
  let received = 0;
  // One coarse timer, as a timer for each read would be expensive.
  const timer = setInterval(() => {
    if (waitingSince === undefined) return;
    if (performance.now() - waitingSince < stallTimeoutMs) return;
    stop(`no data for ${seconds} s`);
  }, stallTimeoutMs / 4);
  return {
    get problem() {
      return problem;
    },
    begin: () => waitingSince = performance.now(),
    end(byteCount) {
      if (waitingSince !== undefined) {
        waitedMs += performance.now() - waitingSince;
      }
      waitingSince = undefined;
      received += byteCount;
      if (waitedMs < stallTimeoutMs) return;
      if (received < minBytesPerSecond * seconds) {
        stop(`only ${received} bytes in ${seconds} s`);
      }
      waitedMs = received = 0;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };

  function stop(why: string): void {
    if (problem !== undefined) return;
    problem = why;
    cancel();
  }
}
