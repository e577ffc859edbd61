/** Keeps people of this machine from a daemon that runs as root. */

import type { Libc } from "../process/libc.ts";

// signal(7): the same on x86-64 and arm64.
const SIGUSR1 = 10;
// Deno sets its handler when it has been idle for the first time.
const LOOK_EVERY_MS = 20;
const SETTLED_MS = 3000;

/**
 * Lets SIGUSR1 do nothing. Deno answers it by a debugger at 127.0.0.1:9229, which
 * asks nobody who he is; and whoever rotates logs may send it, as it lets other
 * daemons open theirs again.
 */
export function refuseDebugger(libc: Libc | undefined): Disposable {
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
