import { assertEquals } from "@std/assert";
import {
  parseSignal,
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
