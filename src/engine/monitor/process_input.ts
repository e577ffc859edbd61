/** What somebody writes to a process that may not want to read it. */

import type { Bytes } from "../../formats/bytes.ts";

/**
 * A process's input that takes all: what a process does not read any more is
 * dropped, as its end is told elsewhere.
 */
export function tolerantInput(
  input: WritableStream<Bytes>,
): WritableStream<Bytes> {
  const writer = input.getWriter();
  const ignore = () => {};
  writer.closed.catch(ignore);
  writer.ready.catch(ignore);
  return new WritableStream<Bytes>({
    write: (chunk) => writer.write(chunk).catch(ignore),
    close: () => writer.close().catch(ignore),
    abort: () => writer.close().catch(ignore),
  });
}
