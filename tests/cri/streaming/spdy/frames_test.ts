import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  controlFrame,
  dataFrame,
  FRAME_TYPES,
  goAwayFrame,
  isControl,
  pingFrame,
  replyFrame,
  resetFrame,
  windowFrame,
} from "../../../../src/cri/streaming/spdy/frames.ts";
import { SendWindow } from "../../../../src/cri/streaming/spdy/send_window.ts";
import type { Bytes } from "../../../../src/formats/bytes.ts";

const BLOCK = Uint8Array.of(0xaa, 0xbb);

// SPDY 3.1, 2.2 and 2.6: as they are on the wire.
Deno.test("frames are as SPDY 3.1 has them", async (t) => {
  const cases: readonly (readonly [string, Bytes, string])[] = [
    [
      "data",
      dataFrame(0x0102, BLOCK, { isLast: false }),
      "00 00 01 02 00 00 00 02 aa bb",
    ],
    [
      "the last data",
      dataFrame(3, BLOCK, { isLast: true }),
      "00 00 00 03 01 00 00 02 aa bb",
    ],
    [
      "an end without data",
      dataFrame(3, new Uint8Array(), { isLast: true }),
      "00 00 00 03 01 00 00 00",
    ],
    [
      "reply",
      replyFrame(5, BLOCK),
      "80 03 00 02 00 00 00 06 00 00 00 05 aa bb",
    ],
    [
      "reset",
      resetFrame(5, 7),
      "80 03 00 03 00 00 00 08 00 00 00 05 00 00 00 07",
    ],
    ["ping", pingFrame(9), "80 03 00 06 00 00 00 04 00 00 00 09"],
    [
      "go away",
      goAwayFrame(5, 1),
      "80 03 00 07 00 00 00 08 00 00 00 05 00 00 00 01",
    ],
    [
      "window",
      windowFrame(0, 0x10000),
      "80 03 00 09 00 00 00 08 00 00 00 00 00 01 00 00",
    ],
    [
      "stream",
      controlFrame(FRAME_TYPES.stream, [1, 0], { flags: 2, rest: BLOCK }),
      "80 03 00 01 02 00 00 0a 00 00 00 01 00 00 00 00 aa bb",
    ],
    [
      "settings",
      controlFrame(FRAME_TYPES.settings, []),
      "80 03 00 04 00 00 00 00",
    ],
    [
      "headers",
      controlFrame(FRAME_TYPES.headers, [1]),
      "80 03 00 08 00 00 00 04 00 00 00 01",
    ],
  ];
  for (const [name, frame, wire] of cases) {
    await t.step(name, () => {
      const hex = [...frame].map((byte) => byte.toString(16).padStart(2, "0"));
      assertEquals(hex.join(" "), wire);
      assertEquals(isControl(frame), wire.startsWith("80"));
    });
  }
  assertFalse(isControl(new Uint8Array()));
  assertFalse(isControl(Uint8Array.of(0x7f)));
  assert(isControl(Uint8Array.of(0xff)));
});

Deno.test("SendWindow counts once the other side does", () => {
  const window = new SendWindow();
  assertEquals(window.room, Infinity);
  window.take(100_000);
  assertEquals(window.room, Infinity);
  assert(window.widen(40_000));
  assertEquals(window.room, 64 * 1024 - 60_000);
  window.take(10_000);
  assertEquals(window.room, 0);
  assert(window.widen(10_000));
  assertEquals(window.room, 64 * 1024 - 60_000);
});

Deno.test("SendWindow holds up to 2³¹ - 1 bytes", () => {
  const most = 0x7fff_ffff;
  assertEquals(new SendWindow(10, "used").room, 10);
  assert(new SendWindow(0, "used").widen(most));
  assertFalse(new SendWindow(1, "used").widen(most));
});

Deno.test("SendWindow.untilChanged() waits for either of two", async (t) => {
  const [one, other] = [new SendWindow(0, "used"), new SendWindow(0, "used")];
  for (const window of [one, other]) {
    await t.step(window === one ? "the one" : "the other", async () => {
      const waiting = SendWindow.untilChanged(one, other);
      window.widen(1);
      await waiting;
    });
  }
  await t.step("also where nothing widens", async () => {
    const waiting = SendWindow.untilChanged(one, other);
    other.wake();
    await waiting;
  });
});
