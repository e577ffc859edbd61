/** Lists in parts: ten thousand containers are more than one message takes. */

// A container with its labels and annotations takes 1 to 4 KiB, at most 256 KiB.
const PART_LENGTH = 50;

/** A list in parts of some length; an empty one has none. */
export function* inParts<T>(all: readonly T[]): Generator<T[]> {
  for (let start = 0; start < all.length; start += PART_LENGTH) {
    yield all.slice(start, start + PART_LENGTH);
  }
}
