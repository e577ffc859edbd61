/** Input of a process that may not read it. */

import type { Bytes } from "../../formats/bytes.ts";

/**
 * An input that never fails: data that the process does not read any more is
 * dropped, as its end is reported elsewhere.
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
