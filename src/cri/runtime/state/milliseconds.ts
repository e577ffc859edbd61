/** Time limits as CRI tells them: whole seconds. */

// A timer takes no more than 24 days; nobody waits for so long.
const MAX_SECONDS = 1_000_000n;
const PER_SECOND = 1000;

/** A time in milliseconds; 0 comes of what is negative. */
export function toMilliseconds(seconds: bigint): number {
  if (seconds <= 0n) return 0;
  const limited = seconds < MAX_SECONDS ? seconds : MAX_SECONDS;
  return Number(limited) * PER_SECOND;
}
