/** Times as CRI tells them: nanoseconds since 1970. */

const PER_MILLISECOND = 1_000_000n;

/**
 * A time in nanoseconds.
 *
 * @param time Milliseconds since 1970, or as RFC 3339; 0 comes of all else.
 */
export function toNanoseconds(time: number | string | undefined): bigint {
  const ms = typeof time === "number" ? time : Date.parse(time ?? "");
  return Number.isNaN(ms) ? 0n : BigInt(Math.round(ms)) * PER_MILLISECOND;
}

/** Now, in nanoseconds. */
export function nowNs(): bigint {
  return toNanoseconds(Date.now());
}
