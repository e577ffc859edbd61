/** Opens the streams of a client. */

import { unlessAborted } from "../../errors/abort.ts";

/**
 * Opens them, unless the client has disconnected: streams that open later are
 * closed at once.
 *
 * @param open Not called if the client has disconnected before.
 * @param signal Aborts when the client disconnects.
 */
export async function openUnlessGone<T extends AsyncDisposable>(
  open: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const opening = open(signal);
  try {
    return await unlessAborted(() => opening, { signal });
  } catch (error) {
    opening.then(
      (opened) => opened[Symbol.asyncDispose](),
    ).catch(() => {}); // There is no client to report it to.
    throw error;
  }
}
