/** Limits how long a request waits for a server. */

import type { Bytes } from "../formats/bytes.ts";

/** A timer that runs while waiting for the network. */
export interface WaitLimit extends Disposable {
  /** Aborted when it took too long; its reason says what. */
  readonly signal: AbortSignal;
  /** Waiting begins: for the answer, or for more of a body to be taken. */
  begin(what: "answer" | "body"): void;
  /** Waiting ends: local work does not count. */
  end(): void;
}

/** In milliseconds; 30 s each. */
export interface WaitTimes {
  readonly headerTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
}

const DEFAULT_HEADER_TIMEOUT_MS = 30_000;
const DEFAULT_STALL_TIMEOUT_MS = 30_000;

/** Makes a clock for one request. */
export function limitWait(times: WaitTimes = {}): WaitLimit {
  const {
    headerTimeoutMs = DEFAULT_HEADER_TIMEOUT_MS,
    stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS,
  } = times;
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  return {
    signal: late.signal,
    begin(what) {
      clearTimeout(timer);
      if (isOver) return; // a body may still be sent after the answer
      const [ms, why] = what === "answer"
        ? [headerTimeoutMs, "no answer within"]
        : [stallTimeoutMs, "it took no data for"];
      const reason = new Error(`${why} ${ms / 1000} s`);
      timer = setTimeout(() => late.abort(reason), ms);
    },
    end: () => clearTimeout(timer),
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

/** Passes a body on, and runs the timer while a chunk waits to be sent. */
export function limitSending(
  body: ReadableStream<Bytes>,
  limit: WaitLimit,
): ReadableStream<Bytes> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      limit.end();
      const { done, value } = await reader.read();
      if (limit.signal.aborted) return controller.error(limit.signal.reason);
      limit.begin(done ? "answer" : "body");
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      // The server stopped reading: now its response counts.
      limit.begin("answer");
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
