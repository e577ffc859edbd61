/** Reports of progress: not all that there could be. */

// Often enough for a progress bar, seldom enough to cost nothing.
const PERIOD_MS = 100;

/** Makes of a function one that passes on at most ten calls a second. */
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
