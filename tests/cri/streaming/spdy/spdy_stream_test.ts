import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  dataFrame,
  INITIAL_WINDOW,
  RESET_STATUS,
  resetFrame,
  windowFrame,
} from "../../../../src/cri/streaming/spdy/frames.ts";
import { SendWindow } from "../../../../src/cri/streaming/spdy/send_window.ts";
import {
  SpdyStream,
  type StreamHost,
} from "../../../../src/cri/streaming/spdy/spdy_stream.ts";
import type { Bytes } from "../../../../src/formats/bytes.ts";

const ID = 5;
const END = dataFrame(ID, new Uint8Array(0), { isLast: true });

/** A stream whose session notes what becomes of it. */
function newStream() {
  const frames: Bytes[] = [];
  const taken: number[] = [];
  const closed: number[] = [];
  const host: StreamHost = {
    window: new SendWindow(),
    send(frame) {
      frames.push(frame);
      return Promise.resolve();
    },
    answer: (frame) => void frames.push(frame),
    onTaken: (bytes) => void taken.push(bytes),
    onClosed: ({ id }) => void closed.push(id),
  };
  const headers = new Map([["streamtype", "stdout"]]);
  const window = new SendWindow();
  const stream = new SpdyStream({ id: ID, headers, window }, host);
  return { stream, host, frames, taken, closed };
}

/** The turns of all who wait. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function sizes(frames: readonly Bytes[]): readonly number[] {
  return frames.map(({ byteLength }) => byteLength - 8);
}

Deno.test("SpdyStream closes once both sides have said all", async (t) => {
  await t.step("the client first", async () => {
    const { stream, frames, closed } = newStream();
    assert(stream.isRemoteOpen);
    stream.receiveEnd();
    assert(!stream.isRemoteOpen);
    assertEquals(closed, []);
    await stream.writable.close();
    assertEquals([frames, closed], [[END], [ID]]);
  });
  await t.step("the server first", async () => {
    const { stream, frames, closed } = newStream();
    await stream.writable.close();
    assertEquals([frames, closed], [[END], []]);
    stream.receiveEnd();
    assertEquals(closed, [ID]);
    assert(!stream.broken.aborted);
  });
});

Deno.test("SpdyStream breaks off once", async (t) => {
  const reset = resetFrame(ID, RESET_STATUS.internalError);
  await t.step("by the server", async () => {
    const { stream, frames, closed } = newStream();
    stream.reset(RESET_STATUS.internalError);
    stream.reset(RESET_STATUS.cancel);
    stream.fail(new Error("again"));
    assertEquals([frames, closed], [[reset], [ID]]);
    assert(stream.broken.aborted);
    await assertRejects(
      () => stream.readable.getReader().read(),
      Error,
      "Cannot stream: the stream was broken off",
    );
  });
  await t.step("by the client", async () => {
    const { stream, frames, closed } = newStream();
    stream.fail(new Error("gone"));
    stream.reset(RESET_STATUS.internalError);
    assertEquals([frames, closed], [[], [ID]]);
    await assertRejects(
      () => stream.readable.getReader().read(),
      Error,
      "gone",
    );
  });
  await t.step("by the server, once the client has said all", () => {
    const { stream, frames, closed } = newStream();
    stream.receiveEnd();
    stream.reset(RESET_STATUS.internalError);
    assertEquals([frames, closed], [[reset], [ID]]);
  });
  await t.step("by the client, once the server has said all", async () => {
    const { stream, frames, closed } = newStream();
    await stream.writable.close();
    stream.fail(new Error("gone"));
    assertEquals([frames, closed], [[END], [ID]]);
    assert(stream.broken.aborted);
  });
  await t.step("not at all once it has ended", async () => {
    const { stream, frames, closed } = newStream();
    stream.receiveEnd();
    await stream.writable.close();
    stream.reset(RESET_STATUS.internalError);
    stream.fail(new Error("late"));
    assertEquals([frames, closed], [[END], [ID]]);
    assert(!stream.broken.aborted);
  });
  await t.step("by whoever writes", async () => {
    const { stream, frames } = newStream();
    await stream.writable.abort();
    assertEquals(frames, [resetFrame(ID, RESET_STATUS.cancel)]);
  });
});

Deno.test("SpdyStream sends in parts that leave others a turn", async () => {
  const { stream, frames } = newStream();
  const writer = stream.writable.getWriter();
  await writer.write(new Uint8Array(80 * 1024).fill(7));
  assertEquals(sizes(frames), [32 * 1024, 32 * 1024, 16 * 1024]);
  assertEquals(
    frames[2],
    dataFrame(ID, new Uint8Array(16 * 1024).fill(7), { isLast: false }),
  );
});

Deno.test("SpdyStream waits for room in both windows", async (t) => {
  const cases = {
    stream: (at: ReturnType<typeof newStream>) => at.stream.window,
    session: (at: ReturnType<typeof newStream>) => at.host.window,
  };
  for (const [name, windowOf] of Object.entries(cases)) {
    await t.step(name, async () => {
      const at = newStream();
      const window = windowOf(at);
      window.widen(10 - INITIAL_WINDOW);
      const written = at.stream.writable.getWriter().write(new Uint8Array(25));
      await settle();
      assertEquals(sizes(at.frames), [10]);
      window.widen(-3);
      window.widen(5);
      await settle();
      assertEquals(sizes(at.frames), [10, 2]);
      window.widen(20);
      await written;
      assertEquals(sizes(at.frames), [10, 2, 13]);
      assertEquals(window.room, 7);
    });
  }
});

Deno.test("SpdyStream ends a write that waits once it breaks", async () => {
  const { stream } = newStream();
  stream.window.widen(-INITIAL_WINDOW);
  const written = stream.writable.getWriter().write(new Uint8Array(1));
  await settle();
  stream.fail(new Error("gone"));
  await assertRejects(() => written, Error, "gone");
});

Deno.test("SpdyStream reports room when half a window was taken", async (t) => {
  const half = INITIAL_WINDOW / 2;
  await t.step("while the client may say more", async () => {
    const { stream, frames, taken } = newStream();
    const reader = stream.readable.getReader();
    for (const size of [half - 1, 1, 1, half]) {
      const received = stream.receive(new Uint8Array(size));
      assertEquals((await reader.read()).value?.byteLength, size);
      await received;
    }
    await settle();
    assertEquals(taken, [half - 1, 1, 1, half]);
    assertEquals(frames, [windowFrame(ID, half), windowFrame(ID, half + 1)]);
  });
  await t.step("not once it has said all", async () => {
    const { stream, frames, taken } = newStream();
    const received = stream.receive(new Uint8Array(half));
    stream.receiveEnd();
    const reader = stream.readable.getReader();
    assertEquals((await reader.read()).value?.byteLength, half);
    await received;
    assert((await reader.read()).done);
    assertEquals([taken, frames], [[half], []]);
  });
  await t.step("of what is discarded, too", async () => {
    const { stream, frames, taken } = newStream();
    stream.discard();
    await stream.receive(new Uint8Array(half));
    assertEquals([taken, frames], [[half], [windowFrame(ID, half)]]);
  });
});
