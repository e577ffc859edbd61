/** Reads lines of open streams. */

import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../../formats/bytes.ts";

/** Reads a stream line by line. Disposing cancels it. */
export interface LineReader extends Disposable {
  /** The next line; at the end an unfinished line, then undefined. */
  next(options?: Abortable): Promise<string | undefined>;
}

// The maximum length of a line; messages of runtimes may be long.
const MAX_LINE = 1024 * 1024;

/** Reads lines, as UTF-8. */
export function openLineReader(stream: ReadableStream<Bytes>): LineReader {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  return {
    async next({ signal } = {}) {
      signal?.throwIfAborted();
      const abort = () => void reader.cancel(signal?.reason).catch(() => {});
      signal?.addEventListener("abort", abort, { once: true });
      try {
        return await read();
      } finally {
        signal?.removeEventListener("abort", abort);
        signal?.throwIfAborted();
      }
    },
    [Symbol.dispose]: () => void reader.cancel().catch(() => {}),
  };

  async function read(): Promise<string | undefined> {
    for (;;) {
      const end = rest.indexOf("\n");
      if (end >= 0) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        return line;
      }
      const { done, value } = await reader.read();
      if (done) return takeRest();
      rest += value;
      const isLong = rest.length > MAX_LINE && !rest.includes("\n");
      if (isLong) return takeRest();
    }
  }

  function takeRest(): string | undefined {
    const line = rest;
    rest = "";
    return line === "" ? undefined : line;
  }
}
