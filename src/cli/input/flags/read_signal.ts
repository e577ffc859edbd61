/** `--signal`, as podman has it. */

import { parseSignal } from "../../../formats/config/signals.ts";
import { UsageError } from "../../usage_error.ts";

/**
 * Reads a signal's name or number.
 *
 * @throws {UsageError} If there is no such signal.
 */
export function readSignal(text: string): number {
  const number = parseSignal(text);
  if (number !== undefined) return number;
  throw new UsageError(
    `Cannot send signal "${text}": write its name, such as TERM, or its ` +
      "number, 1 to 64",
  );
}
