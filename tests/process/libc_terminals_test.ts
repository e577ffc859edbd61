import { assertEquals } from "@std/assert";
import { openTerminals } from "../../src/process/libc_terminals.ts";
import { recordLibc } from "./recorded_libc.ts";

Deno.test("passOutput() takes one flag, and gives it back", () => {
  const settings = Uint8Array.from({ length: 60 }, (_, n) => n + 1);
  const { symbols, calls } = recordLibc({
    tcgetattr: (_fd, bytes) => {
      bytes?.set(settings);
      return 0;
    },
  });
  const passed = openTerminals(symbols).passOutput(3);
  const asked = `tcgetattr 3 (60 zeros)`;
  // Of the second 32 bits, the lowest one.
  const changed = settings.slice();
  changed[4] = 4;
  assertEquals(calls, [asked, `tcsetattr 3 1 ${changed.toHex()}`]);
  passed?.[Symbol.dispose]();
  assertEquals(calls.slice(2), [`tcsetattr 3 1 ${settings.toHex()}`]);
  const none = recordLibc({ tcgetattr: -1 });
  assertEquals(openTerminals(none.symbols).passOutput(4), undefined);
  assertEquals(none.calls, ["tcgetattr 4 (60 zeros)"]);
});
