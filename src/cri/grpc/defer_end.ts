/** Keeps a session from being freed while its data is being read. */

import type { Http2Session } from "node:http2";
import { setImmediate } from "node:timers";

/**
 * Lets a session end when nothing is done with it, whoever asks.
 *
 * A client that goes says so by GOAWAY, and Node's own listener closes the session
 * at once. Deno 2.9.6 then frees it under the function that still reads the frame:
 * the process ends with an assertion of nghttp2 or a segmentation fault
 * (denoland/deno#36788). Promises do not help, as their callbacks run within that
 * function, too.
 */
export function deferEnd(session: Http2Session): void {
  const close = session.close.bind(session);
  const destroy = session.destroy.bind(session);
  session.close = (callback) => void setImmediate(() => close(callback));
  session.destroy = (error, code) =>
    void setImmediate(() => destroy(error, code));
}
