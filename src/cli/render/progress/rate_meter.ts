/** How fast something grows. */

/** The time over which the rate is averaged. */
const WINDOW_MS = 3000;

/** Takes a size in bytes at each call; returns bytes a second, lately. */
export function makeRateMeter(): (bytes: number) => number {
  const samples: { readonly time: number; readonly bytes: number }[] = [];
  return (bytes) => {
    const time = performance.now();
    samples.push({ time, bytes });
    while ((samples[0]?.time ?? time) < time - WINDOW_MS) samples.shift();
    const first = samples[0] ?? { time, bytes };
    const seconds = (time - first.time) / 1000;
    return seconds > 0 ? (bytes - first.bytes) / seconds : 0;
  };
}
