/** Signals in CRI's numbering, which is not the kernel's. */

import { Signal } from "../api/api_pb.js";

/**
 * The name of a signal, such as `SIGTERM` or `SIGRTMIN+1`.
 *
 * @returns Undefined if the image decides.
 */
export function signalName(signal: Signal): string | undefined {
  if (signal === Signal.RUNTIME_DEFAULT) return undefined;
  const name = Signal[signal];
  if (name === undefined) {
    throw new TypeError(`Cannot use stop signal ${signal}: it is unknown`);
  }
  return name.replace(/PLUS(?=\d+$)/, "+")
    .replace(/MINUS(?=\d+$)/, "-");
}
