import { assertEquals } from "@std/assert";
import {
  parseSignal,
  SIGNAL_KILL,
  SIGNAL_TERM,
  signalName,
} from "../../../src/formats/config/signals.ts";

Deno.test("parseSignal() takes names and numbers as podman does", async (t) => {
  for (
    const [text, number] of [
      ["TERM", 15],
      ["SIGTERM", 15],
      ["sigterm", 15],
      ["term", 15],
      ["15", 15],
      ["KILL", 9],
      ["1", 1],
      ["64", 64],
      ["RTMIN", 34],
      ["SIGRTMIN+3", 37],
      ["rtmax-14", 50],
      ["RTMAX", 64],
    ] as const
  ) {
    await t.step(text, () => assertEquals(parseSignal(text), number));
  }
});

Deno.test("parseSignal() takes nothing that is no signal", async (t) => {
  const texts = [
    ...["", "0", "65", "-1", "1.5", "1e1", "0x9", "٩", "FOO", "SIG", "SIGSIG"],
    ...["SIG15", "RTMIN+31", "RTMIN-1", "RTMAX+1", "RTMIN+", "TERM\n"],
    ...["constructor", "toString", "__proto__", "TERM KILL", "999999999999"],
  ];
  for (const text of texts) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(parseSignal(text), undefined);
    });
  }
});

Deno.test("signalName() is what people know a signal by", () => {
  assertEquals([15, 9, 37].map(signalName), [
    "SIGTERM",
    "SIGKILL",
    "signal 37",
  ]);
});

// As `kill -l` of Linux has them.
const KNOWN = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE " +
  "ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF " +
  "WINCH IO PWR SYS";

Deno.test("parseSignal() and signalName() number signals as Linux does", async (t) => {
  assertEquals(KNOWN.split(" ").length, 31);
  for (const [index, name] of KNOWN.split(" ").entries()) {
    await t.step(name, () => {
      assertEquals(parseSignal(name), index + 1);
      assertEquals(signalName(index + 1), `SIG${name}`);
      assertEquals(parseSignal(String(index + 1)), index + 1);
    });
  }
  const aliases = { IOT: 6, CLD: 17, POLL: 29 };
  for (const [name, number] of Object.entries(aliases)) {
    await t.step(name, () => assertEquals(parseSignal(name), number));
  }
  await t.step("the two that Deno.kill() is given by name", () => {
    assertEquals([SIGNAL_TERM, SIGNAL_KILL], [15, 9]);
  });
});
