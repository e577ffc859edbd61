/** Compares bytes, a word at a time: tables take megabytes. */

import type { Bytes } from "./bytes.ts";

// Bytes.
const WORD = 4;

/** How many bytes are the same from the beginning. */
export function countSame(one: Bytes, other: Bytes): number {
  const most = Math.min(one.byteLength, other.byteLength);
  const [a, b] = [viewOf(one), viewOf(other)];
  let count = 0;
  while (
    count + WORD <= most && a.getUint32(count) === b.getUint32(count)
  ) count += WORD;
  while (count < most && one[count] === other[count]) count++;
  return count;
}

/** How many bytes are the same up to the end. */
export function countSameAtEnd(one: Bytes, other: Bytes): number {
  const [last, otherLast] = [one.byteLength, other.byteLength];
  const most = Math.min(last, otherLast);
  const [a, b] = [viewOf(one), viewOf(other)];
  let count = 0;
  while (
    count + WORD <= most &&
    a.getUint32(last - count - WORD) === b.getUint32(otherLast - count - WORD)
  ) count += WORD;
  while (
    count < most && one[last - 1 - count] === other[otherLast - 1 - count]
  ) count++;
  return count;
}

function viewOf({ buffer, byteOffset, byteLength }: Bytes): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
