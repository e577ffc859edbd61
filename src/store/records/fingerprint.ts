/** A fingerprint of the records in a file: detects accidents, not attacks. */

import { toBytes } from "../../formats/bytes.ts";

/** How long a fingerprint is. */
export const FINGERPRINT_BYTES = 20;

/**
 * The sum of IDs as numbers, which are random as a rule. A sum grows with a record
 * that is added; to hash all IDs again would take as long as to parse the table.
 */
export function sumOfIds(ids: Iterable<string>): bigint {
  let sum = 0n;
  for (const id of ids) sum += numberOf(id);
  return sum;
}

/** What an ID adds to the sum. */
export function numberOf(id: string): bigint {
  return BigInt(/^[0-9a-f]+$/.test(id) ? `0x${id}` : `0x1${toHex(id)}`);
}

/** The fingerprint of a table: the sums of its files, in their order. */
export function fingerprintOf(sums: readonly bigint[]): Uint8Array {
  // Odd factors: they also detect a record that moves to another file.
  const total = sums.reduce(
    (sum, one, index) => sum + one * BigInt(2 * index + 1),
    BigInt(sums.length),
  );
  const digits = BigInt.asUintN(8 * FINGERPRINT_BYTES, total).toString(16);
  return Uint8Array.fromHex(digits.padStart(2 * FINGERPRINT_BYTES, "0"));
}

function toHex(text: string): string {
  return toBytes(text).toHex();
}
