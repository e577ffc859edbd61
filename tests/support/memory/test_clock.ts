/** Clocks that stand still, unless a test moves them: `using clock = testClock()`. */

/** The clocks of this process. */
export interface TestClock extends Disposable {
  /** Lets time pass, for `performance.now()` and for `Date.now()`. */
  advance(ms: number): void;
}

/** Stops the clocks until it is disposed of; timers go on. */
export function testClock(): TestClock {
  const { now } = performance;
  const { now: dateNow } = Date;
  let passed = Math.floor(performance.now());
  let date = Math.floor(Date.now());
  performance.now = () => passed;
  Date.now = () => date;
  return {
    advance(ms) {
      passed += ms;
      date += ms;
    },
    [Symbol.dispose]() {
      performance.now = now;
      Date.now = dateNow;
    },
  };
}
