/** Limits the rate of progress reports. */

// Often enough for a progress bar, seldom enough to cost nothing.
const PERIOD_MS = 100;

/** Wraps a function so that it is called at most ten times a second. */
export function limitReports(
  report: (bytes: number) => void,
): (bytes: number) => void {
  let reportedAt = -Infinity;
  return (bytes) => {
    const now = performance.now();
    if (now - reportedAt < PERIOD_MS) return;
    reportedAt = now;
    report(bytes);
  };
}
