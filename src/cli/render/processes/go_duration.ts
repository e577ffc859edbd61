/** Durations as Go writes them: `1h2m3.5s`, `93.347394ms`, `0s`. */

// Below a second there is one unit only.
const UNITS = [[1e6, "ms"], [1e3, "µs"], [1, "ns"]] as const;
const NS_PER_SECOND = 1e9;

/** Writes a duration; parts of a second as exactly as they are known. */
export function goDuration(nanoseconds: number): string {
  const ns = Math.max(0, Math.round(nanoseconds));
  if (ns === 0) return "0s";
  if (ns < NS_PER_SECOND) {
    const [size, unit] = UNITS.find(([size]) => ns >= size) ?? [1, "ns"];
    return `${ns / size}${unit}`;
  }
  const whole = Math.floor(ns / NS_PER_SECOND);
  const fraction = String(ns % NS_PER_SECOND).padStart(9, "0")
    .replace(/0+$/, "");
  const seconds = `${whole % 60}${fraction && `.${fraction}`}s`;
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const head = hours > 0 ? `${hours}h${minutes % 60}m` : `${minutes}m`;
  return (minutes > 0 ? head : "") + seconds;
}
