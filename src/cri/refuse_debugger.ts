/** Prevents a debugger in a daemon that runs as root. */

import type { Libc } from "../process/libc.ts";

// signal(7): the same on x86-64 and arm64.
const SIGUSR1 = 10;
// Deno sets its handler when it has been idle for the first time.
const LOOK_EVERY_MS = 20;
const SETTLED_MS = 3000;

/**
 * Ignores SIGUSR1. Deno would start a debugger at 127.0.0.1:9229 without
 * authentication; and tools that rotate logs may send the signal, as other daemons
 * reopen their logs then.
 */
export function refuseDebugger(
  libc: Pick<Libc, "ignoreSignal"> | undefined,
): Disposable {
  const ignore = () => libc?.ignoreSignal?.(SIGUSR1);
  ignore();
  const looking = setInterval(ignore, LOOK_EVERY_MS);
  const settled = setTimeout(() => clearInterval(looking), SETTLED_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(looking);
      clearTimeout(settled);
    },
  };
}
