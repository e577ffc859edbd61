/**
 * libc with what only commands need that serve or stream: loaded for them alone, as
 * all of it costs a start some milliseconds.
 */

import type { Libc } from "./libc.ts";
import { bindLibc } from "./bind_libc.ts";
import { openMounts } from "./libc_mounts.ts";
import { openRoots } from "./libc_roots.ts";
import { openSockets } from "./libc_sockets.ts";
import { openTerminals } from "./libc_terminals.ts";

const SIG_IGN = 1n;

/**
 * Binds libc as `takeLibc()` does, in its place, and its sockets.
 *
 * @returns Undefined if `ffi` is not granted, or there is no glibc.
 * @example
 * ```ts
 * import { openAgent, takeLibcWithSockets } from "orlop";
 * const libc = takeLibcWithSockets(); // no native code from here on
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run`, libc });
 * ```
 */
export function takeLibcWithSockets(): Libc | undefined {
  return bindLibc((symbols, socketSymbols) => ({
    ignoreSignal: (signal) => void socketSymbols.signal(signal, SIG_IGN),
    releaseMemory: () => void socketSymbols.malloc_trim(0n),
    mounts: openMounts(symbols, socketSymbols),
    roots: openRoots(symbols, socketSymbols),
    sockets: openSockets(symbols, socketSymbols),
    terminals: openTerminals(socketSymbols),
  }));
}
