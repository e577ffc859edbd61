/** Terminal functions that Deno lacks: bound only for commands that stream. */

import type { SocketSymbols } from "./libc_symbols.ts";

/** What can be done with terminals. */
export interface LibcTerminals {
  /**
   * Disables output processing of a terminal, as the bytes come from another
   * terminal. Deno's raw mode only changes input.
   *
   * @returns A disposable that restores it; undefined if it is no terminal.
   */
  passOutput(fd: number): Disposable | undefined;
}

// <termios.h> of glibc: the same on x86-64 and arm64.
const TERMIOS_BYTES = 60;
const OUTPUT_FLAGS_OFFSET = 4;
const OPOST = 1;
const TCSADRAIN = 1;
const LITTLE_ENDIAN = true;

/** Makes them of what is bound. */
export function openTerminals(symbols: SocketSymbols): LibcTerminals {
  return {
    passOutput(fd) {
      const saved = new Uint8Array(TERMIOS_BYTES);
      if (symbols.tcgetattr(fd, saved) !== 0) return undefined;
      const changed = saved.slice();
      const view = new DataView(changed.buffer);
      const flags = view.getUint32(OUTPUT_FLAGS_OFFSET, LITTLE_ENDIAN);
      view.setUint32(OUTPUT_FLAGS_OFFSET, flags & ~OPOST, LITTLE_ENDIAN);
      symbols.tcsetattr(fd, TCSADRAIN, changed);
      return {
        [Symbol.dispose]: () => void symbols.tcsetattr(fd, TCSADRAIN, saved),
      };
    },
  };
}
