/** What libc is asked for by streams over sockets; others really send. */

import { assertEquals, assertRejects } from "@std/assert";
import {
  openSocketChannel,
  openSocketReader,
  openSocketWriter,
} from "../../../src/process/sockets/socket_channel.ts";
import { SocketPoller } from "../../../src/process/sockets/socket_poller.ts";
import { type Answer, pairing, polling, recordLibc } from "../recorded_libc.ts";

type Answers = Readonly<Record<string, Answer>>;

Deno.test("streams over sockets shut down and close what they end", async (t) => {
  const flags = 0x40 | 0x4000;
  const open = (answers: Answers) => {
    const libc = recordLibc(answers);
    const { symbols } = libc;
    return {
      ...libc,
      with: { symbols, poller: new SocketPoller(symbols, libc.symbols) },
    };
  };
  await t.step("a channel whose both ends end", async () => {
    const { with: all, calls } = open({ send: 2n });
    const channel = openSocketChannel(all, 7, { maxPacket: 2 });
    const writer = channel.writable.getWriter();
    await writer.write(Uint8Array.of(1, 2, 3, 4));
    await writer.close();
    assertEquals(calls, [
      ...[`send 7 0102 2n ${flags}`, `send 7 0304 2n ${flags}`],
      "shutdown 7 1",
    ]);
    const { done } = await channel.readable.getReader().read();
    assertEquals(done, true as boolean);
    assertEquals(calls.length, 5);
    assertEquals(calls[4], "close 7");
    await channel[Symbol.asyncDispose]();
    assertEquals(calls.length, 5);
  });
  await t.step("what is sent in parts", async () => {
    const sizes = [1n, 2n];
    const { with: all, calls } = open({ send: () => sizes.shift() ?? 0n });
    const writer = openSocketWriter(all, 7).getWriter();
    await writer.write(Uint8Array.of(1, 2, 3));
    await writer.close();
    assertEquals(calls, [
      ...[`send 7 010203 3n ${flags}`, `send 7 0203 2n ${flags}`],
      "close 7",
    ]);
  });
  await t.step("a writer that is aborted", async () => {
    const { with: all, calls } = open({});
    await openSocketWriter(all, 7).abort();
    assertEquals(calls, ["close 7"]);
  });
  await t.step("a channel whose writing is aborted", async () => {
    const { with: all, calls } = open({});
    const channel = openSocketChannel(all, 7, { maxPacket: 2 });
    await channel.writable.abort();
    assertEquals(calls, ["close 7"]);
    assertEquals(await Array.fromAsync(channel.readable), []);
    assertEquals(calls, ["close 7"]);
  });
  await t.step("a reader", async () => {
    const parts = [3n, 0n];
    const { with: all, calls } = open({ recv: () => parts.shift() ?? 0n });
    const stream = openSocketReader(all, 7);
    assertEquals(calls, ["shutdown 7 1"]);
    const read = await Array.fromAsync(stream);
    assertEquals(read.map(({ length }) => length), [3]);
    assertEquals(calls.length, 4);
    assertEquals(calls[3], "close 7");
  });
  await t.step("a reader that waits, and is reset", async () => {
    const { with: all, calls } = open({
      ...{ recv: -1n, socketpair: pairing(), poll: polling(0x1) },
    });
    assertEquals(await Array.fromAsync(openSocketReader(all, 7)), []);
    const names = calls.map((call) => call.split(" ")[0]);
    assertEquals(names, [
      ...["shutdown", "recv", "socketpair", "poll", "recv", "send", "close"],
    ]);
    assertEquals(calls[3], "poll 14000000010000000700000001000000 2n -1");
  });
  await t.step("a reader that is cancelled", async () => {
    const { with: all, calls } = open({});
    await openSocketReader(all, 7).cancel();
    assertEquals(calls, ["shutdown 7 1", "close 7"]);
  });
  await t.step("a writer that waits until it may continue", async () => {
    const sizes = [-1n, 1n];
    const { with: all, calls } = open({
      ...{ send: () => sizes.shift() ?? 0n, socketpair: pairing() },
      poll: polling(0x4),
    });
    await openSocketWriter(all, 7).getWriter().write(Uint8Array.of(1));
    const names = calls.map((call) => call.split(" ")[0]);
    assertEquals(names, ["send", "socketpair", "poll", "send"]);
    assertEquals(calls[2], "poll 14000000010000000700000004000000 2n -1");
  });
  for (const end of [0x8, 0x10, 0x20]) {
    await t.step(`a writer that sees event ${end}`, async () => {
      const { with: all } = open({
        ...{ send: -1n, socketpair: pairing(), poll: polling(end | 0x4) },
      });
      await assertRejects(
        () => openSocketWriter(all, 7).getWriter().write(Uint8Array.of(1)),
        Error,
        "Cannot write to a socket: the other side has closed it",
      );
    });
  }
});
