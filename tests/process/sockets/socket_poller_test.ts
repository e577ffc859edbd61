import { assertEquals } from "@std/assert";
import {
  POLLIN,
  type PollSymbols,
  SocketPoller,
} from "../../../src/process/sockets/socket_poller.ts";

/** libc where no more files can be opened. */
const FULL: PollSymbols = {
  socketpair: () => -1,
  recv: () => -1n,
  send: () => -1n,
  poll: () => Promise.resolve(-1),
};

Deno.test("SocketPoller ends the wait where it cannot wait", async () => {
  const closed: number[] = [];
  const close = (fd: number) => closed.push(fd);
  const poller = new SocketPoller(FULL, { close });
  const found = await Promise.all([
    poller.wait(98, POLLIN),
    poller.wait(99, POLLIN),
  ]);
  assertEquals(found.map((events) => events & POLLIN), [0, 0]);
  poller.close(98);
  assertEquals(closed, [98]);
});
