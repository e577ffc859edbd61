import { assertEquals, assertThrows } from "@std/assert";
import {
  FrameReader,
  SpdyProtocolError,
} from "../../../../src/cri/streaming/spdy/frame_reader.ts";
import {
  controlFrame,
  dataFrame,
  type Frame,
  FRAME_TYPES,
  goAwayFrame,
  pingFrame,
  replyFrame,
  resetFrame,
  windowFrame,
} from "../../../../src/cri/streaming/spdy/frames.ts";
import { concatBytes, toBytes } from "../../../../src/formats/bytes.ts";

const headerBlock = toBytes("block");
const rest = concatBytes([Uint8Array.of(0, 0), headerBlock]);
const all = concatBytes([
  controlFrame(FRAME_TYPES.stream, [1, 0], { rest, flags: 1 }),
  dataFrame(1, toBytes("some data"), { isLast: true }),
  replyFrame(1, headerBlock),
  controlFrame(FRAME_TYPES.headers, [3], { rest: headerBlock }),
  resetFrame(5, 3),
  controlFrame(FRAME_TYPES.settings, [2, 0x0100_0007, 100, 4, 9]),
  pingFrame(7),
  goAwayFrame(9, 0),
  windowFrame(0, 4096),
  controlFrame(10, [1, 2, 3]),
  dataFrame(11, new Uint8Array(0), { isLast: true }),
]);
const frames: readonly Frame[] = [
  {
    kind: "stream",
    ...{ streamId: 1, isLast: true, isOneWay: false, headerBlock },
  },
  { kind: "data", streamId: 1, bytes: toBytes("some data"), isLast: true },
  {
    kind: "reply",
    ...{ streamId: 1, isLast: false, isOneWay: false, headerBlock },
  },
  {
    kind: "headers",
    ...{ streamId: 3, isLast: false, isOneWay: false, headerBlock },
  },
  { kind: "reset", streamId: 5, status: 3 },
  { kind: "settings", initialWindow: 100 },
  { kind: "ping", id: 7 },
  { kind: "go-away" },
  { kind: "window", streamId: 0, bytes: 4096 },
  { kind: "unknown" },
  { kind: "data", streamId: 11, bytes: new Uint8Array(0), isLast: true },
];

Deno.test("FrameReader reads all frames at once", () => {
  assertEquals([...new FrameReader().read(all)], frames);
});

Deno.test("FrameReader reads frames however they arrive", () => {
  for (let size = 1; size < 40; size++) {
    const reader = new FrameReader();
    const read: Frame[] = [];
    for (let at = 0; at < all.byteLength; at += size) {
      read.push(...reader.read(all.slice(at, at + size)));
    }
    assertEquals(joinData(read), frames, `parts of ${size} bytes`);
  }
});

Deno.test("FrameReader keeps no data of a long frame", () => {
  const reader = new FrameReader();
  const head = dataFrame(1, new Uint8Array(0), { isLast: true });
  new DataView(head.buffer).setUint32(4, 0x01ff_ffff);
  assertEquals([...reader.read(head)], []);
  const part = new Uint8Array(0xffff);
  let total = 0;
  for (let left = 0xff_ffff; left > 0; left -= part.byteLength) {
    for (const frame of reader.read(part)) {
      if (frame.kind !== "data") throw new Error(frame.kind);
      total += frame.bytes.byteLength;
      assertEquals(frame.bytes.buffer, part.buffer); // not copied
      assertEquals(frame.isLast, total === 0xff_ffff);
    }
  }
  assertEquals(total, 0xff_ffff);
});

Deno.test("FrameReader refuses what is no SPDY/3.1", async (t) => {
  const long = controlFrame(FRAME_TYPES.stream, [1, 0]);
  new DataView(long.buffer).setUint32(4, 0xff_ffff);
  const old = pingFrame(1);
  new DataView(old.buffer).setUint16(0, 0x8002);
  const cases: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
    "an endless control frame": long,
    "another version": old,
    "HTTP": toBytes("\x80GET / HTTP/1.1\r\n\r\n"),
    "a short stream": controlFrame(FRAME_TYPES.stream, [1]),
    "a short reset": controlFrame(FRAME_TYPES.reset, [1]),
    "a long ping": controlFrame(FRAME_TYPES.ping, [1, 2]),
    "an empty ping": controlFrame(FRAME_TYPES.ping, []),
    "a short go-away": controlFrame(FRAME_TYPES.goAway, [1]),
    "settings without a count": controlFrame(FRAME_TYPES.settings, []),
    "more settings than there are": controlFrame(FRAME_TYPES.settings, [9]),
    "far more of them": controlFrame(FRAME_TYPES.settings, [0x2000_0000]),
    "a window too wide": controlFrame(FRAME_TYPES.window, [1, 0x8000_0000]),
    "a window by nothing": windowFrame(1, 0),
    "a first window too wide": controlFrame(
      FRAME_TYPES.settings,
      [1, 7, 0xffff_ffff],
    ),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    await t.step(name, () => {
      const reader = new FrameReader();
      assertThrows(() => [...reader.read(bytes)], SpdyProtocolError);
    });
  }
});

function joinData(frames: readonly Frame[]): Frame[] {
  const joined: Frame[] = [];
  for (const frame of frames) {
    const last = joined.at(-1);
    const isSame = frame.kind === "data" && last?.kind === "data" &&
      frame.streamId === last.streamId;
    if (!isSame) {
      joined.push(frame);
      continue;
    }
    const bytes = concatBytes([last.bytes, frame.bytes]);
    joined[joined.length - 1] = { ...frame, bytes };
  }
  return joined;
}

Deno.test("FrameReader reads settings that set nothing", () => {
  const frame = controlFrame(FRAME_TYPES.settings, [0]);
  assertEquals([...new FrameReader().read(frame)], [
    { kind: "settings", initialWindow: undefined },
  ]);
});
