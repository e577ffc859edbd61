/** Ends bodies that come too slowly, or not at all. */

import type { RetryRules } from "../send_request.ts";

/** How slowly a body may come. */
export type TransferLimits = Pick<
  RetryRules,
  "stallTimeoutMs" | "minBytesPerSecond"
>;

/** Looks at one body. Told by its reader when that waits for the network. */
export interface TransferWatch extends Disposable {
  /** What is wrong, once it is: the body was cancelled. */
  readonly problem: string | undefined;
  /** Waiting for the network begins. */
  begin(): void;
  /** So many bytes came: the time that the reader takes is its own. */
  end(byteCount: number): void;
}

const DEFAULT_STALL_TIMEOUT_MS = 30_000;
// Less than the slowest mobile network gives to one of four connections: who sends
// less means to send for ever.
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
  // One coarse clock: a timer for each of thousands of reads would cost more.
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
