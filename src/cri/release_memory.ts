/** Gives memory back that a daemon has freed: it may be idle for days. */

import type { Libc } from "../process/libc.ts";

/** When memory is given back. */
export interface ReleaseTimes {
  /**
   * When the start is over, in milliseconds: the first one compiles all code.
   *
   * @default {1000}
   */
  readonly firstMs?: number;
  /**
   * How often then, in milliseconds: pulls and pods leave some behind, too.
   *
   * @default {30_000}
   */
  readonly everyMs?: number;
}

/** Gives it back now and then, until it is disposed of. */
export function releaseMemory(
  libc: Pick<Libc, "releaseMemory"> | undefined,
  { firstMs = 1000, everyMs = 30_000 }: ReleaseTimes = {},
): Disposable {
  const release = () => libc?.releaseMemory?.();
  const first = setTimeout(release, firstMs);
  const others = setInterval(release, everyMs);
  return {
    [Symbol.dispose]() {
      clearTimeout(first);
      clearInterval(others);
    },
  };
}
