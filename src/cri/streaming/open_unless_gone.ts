/** Opens what a client has come for. */

import { unlessAborted } from "../../errors/abort.ts";

/**
 * Opens it, unless the client has gone: what is open only afterwards is closed at
 * once.
 *
 * @param open Not called if the client has gone before.
 * @param signal Aborts when it goes.
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
    ).catch(() => {}); // Nobody is left who would hear of it.
    throw error;
  }
}
