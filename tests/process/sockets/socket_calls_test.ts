/** What libc is asked for when something is connected; others really connect. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openSockets } from "../../../src/process/libc_sockets.ts";
import {
  loopback4,
  loopback6,
} from "../../../src/process/sockets/socket_address.ts";
import { type Answer, pairing, polling, recordLibc } from "../recorded_libc.ts";

type Answers = Readonly<Record<string, Answer>>;

const CLOEXEC = 0o2000000;
const NONBLOCK = 0o4000;
const isArm = Deno.build.arch === "aarch64";
const [DIRECTORY, NOFOLLOW] = isArm
  ? [0o40000, 0o100000]
  : [0o200000, 0o400000];
const STREAM = 1 | NONBLOCK | CLOEXEC;

function hexOf(text: string): string {
  return new TextEncoder().encode(text).toHex();
}

Deno.test("connectPacket() goes by the descriptor of the folder", async (t) => {
  const folder = `open "/run/a" ${
    0o10000000 | DIRECTORY | NOFOLLOW | CLOEXEC
  } 0`;
  const socket = `socket 1 ${5 | NONBLOCK | CLOEXEC} 0`;
  const path = "/proc/self/fd/3/attach";
  const connected = `connect 7 0100${hexOf(path)}00 ${path.length + 3}`;
  const cases: readonly (readonly [string, Answers, readonly string[]])[] = [
    ["no folder", { open: -1 }, [folder]],
    ["no socket", { open: 3, socket: -1 }, [folder, socket, "close 3"]],
    ["nobody there", { open: 3, socket: 7, connect: -1 }, [
      ...[folder, socket, connected, "close 3", "close 7"],
    ]],
  ];
  for (const [name, answers, expected] of cases) {
    await t.step(name, () => {
      const { symbols, calls } = recordLibc(answers);
      const sockets = openSockets(symbols, symbols);
      assertThrows(
        () => sockets.connectPacket("/run/a", { name: "attach", maxPacket: 9 }),
        Error,
        'Cannot connect to "/run/a/attach": nobody listens there',
      );
      assertEquals(calls, expected);
    });
  }
  await t.step("somebody", async () => {
    const { symbols, calls } = recordLibc({ open: 3, socket: 7 });
    const sockets = openSockets(symbols, symbols);
    const options = { name: "attach", maxPacket: 9 };
    const channel = sockets.connectPacket("/run/a", options);
    assertEquals(calls, [folder, socket, connected, "close 3"]);
    await channel[Symbol.asyncDispose]();
    await channel[Symbol.asyncDispose]();
    assertEquals(calls.slice(4), ["close 7"]);
  });
});

Deno.test("connectPort() enters a namespace only to open a socket", async (t) => {
  const own = `open "/proc/thread-self/ns/net" ${CLOEXEC} 0`;
  const other = `open "/ns" ${NONBLOCK | CLOEXEC} 0`;
  const entered = (family: number) => [
    ...[own, other, `setns 4 ${0x40000000}`, `socket ${family} ${STREAM} 0`],
    ...[`setns 3 ${0x40000000}`, "close 3", "close 4"],
  ];
  const four = `connect 7 ${loopback4(80).toHex()} 16`
    .replace(/(?:00){9,}/g, (zeros) => `(${zeros.length / 2} zeros)`);
  const six = `connect 7 ${loopback6(80).toHex()} 28`
    .replace(/(?:00){9,}/g, (zeros) => `(${zeros.length / 2} zeros)`);
  const files: Answers = {
    open: (path) => new TextDecoder().decode(path).startsWith("/ns") ? 4 : 3,
    socket: 7,
  };
  const place = { netns: "/ns", port: 80 };
  await t.step("over IPv4", async () => {
    const { symbols, calls } = recordLibc(files);
    const sockets = openSockets(symbols, symbols);
    await using _channel = await sockets.connectPort(place);
    assertEquals(calls, [...entered(2), four]);
  });
  await t.step("over IPv6, where there is no IPv4", async () => {
    const found = [-1, 7];
    const { symbols, calls } = recordLibc({
      ...files,
      socket: () => found.shift() ?? -1,
    });
    const sockets = openSockets(symbols, symbols);
    await using _channel = await sockets.connectPort(place);
    assertEquals(calls, [...entered(2), ...entered(10), six]);
  });
  await t.step("in its own", async () => {
    const { symbols, calls } = recordLibc(files);
    const sockets = openSockets(symbols, symbols);
    const own = { ...place, netns: undefined };
    await using _channel = await sockets.connectPort(own);
    assertEquals(calls, [`socket 2 ${STREAM} 0`, four]);
  });
  const none = 'Cannot enter "/ns": it is no network namespace';
  const refused: readonly (readonly [string, Answers, string[], string])[] = [
    ["what is none", { ...files, setns: -1 }, [
      ...[own, other, `setns 4 ${0x40000000}`, "close 3", "close 4"],
    ], none],
    [
      "what is not there",
      {
        open: (path) =>
          new TextDecoder().decode(path).startsWith("/ns") ? -1 : 3,
      },
      [own, other, "close 3"],
      none,
    ],
    [
      "without its own",
      {
        open: (path) =>
          new TextDecoder().decode(path).startsWith("/ns") ? 4 : -1,
      },
      [own, other, "close 4"],
      none,
    ],
    ["where there are no sockets", { ...files, socket: -1 }, [
      ...[...entered(2), ...entered(10)],
    ], 'Cannot connect to port 80 in "/ns": nothing listens'],
  ];
  for (const [name, answers, expected, message] of refused) {
    await t.step(name, async () => {
      const { symbols, calls } = recordLibc(answers);
      const sockets = openSockets(symbols, symbols);
      await assertRejects(() => sockets.connectPort(place), Error, message);
      assertEquals(calls, expected);
    });
  }
});

Deno.test("connectPort() waits until a socket can be written to", async (t) => {
  const place = { netns: undefined, port: 80 };
  const answers: Answers = { socket: 7, connect: -1, socketpair: pairing() };
  // POLLERR, POLLHUP, POLLNVAL: each is the end.
  for (const end of [0x8, 0x10, 0x20]) {
    await t.step(`not with event ${end}`, async () => {
      const { symbols, calls } = recordLibc({
        ...answers,
        poll: polling(end | 0x4),
      });
      const sockets = openSockets(symbols, symbols);
      await assertRejects(
        () => sockets.connectPort(place),
        Error,
        "Cannot connect to port 80: nothing listens",
      );
      assertEquals(
        calls.filter((call) => call.startsWith("close")),
        ["close 7", "close 7"],
      );
    });
  }
  await t.step("then it is connected", async () => {
    const { symbols, calls } = recordLibc({ ...answers, poll: polling(0x4) });
    const sockets = openSockets(symbols, symbols);
    await using _channel = await sockets.connectPort(place);
    // The alarm and the socket: their descriptors, and what is waited for.
    assertEquals(calls.slice(2), [
      `socketpair 1 ${STREAM} 0 0000000000000000`,
      "poll 14000000010000000700000004000000 2n -1",
    ]);
  });
  await t.step("unless it is given up", async () => {
    const stop = new AbortController();
    const never = Promise.withResolvers<number>();
    const { symbols, calls } = recordLibc({
      ...answers,
      poll: () => never.promise,
    });
    const sockets = openSockets(symbols, symbols);
    const reason = new Error("given up");
    const connecting = sockets.connectPort(place, stop);
    stop.abort(reason);
    assertEquals(await assertRejects(() => connecting), reason);
    // The thread is woken, and closes it.
    assertEquals(calls.at(-1), `send 21 "" 1n ${0x40 | 0x4000}`);
    never.resolve(1);
    await never.promise;
    await Promise.resolve();
    assertEquals(calls.filter((call) => call === "close 7"), ["close 7"]);
  });
});

Deno.test("writeFifo() writes all, or reports that it did not", async (t) => {
  const opened = `open "/f" ${1 | NOFOLLOW | NONBLOCK | CLOEXEC} 0`;
  const cases: readonly (readonly [string, Answers, string[], boolean])[] = [
    [
      "all",
      { open: 0, write: 2n },
      [opened, "write 0 0102 2n", "close 0"],
      true,
    ],
    ["a part", { open: 5, write: 1n }, [
      ...[opened, "write 5 0102 2n", "close 5"],
    ], false],
    ["without a reader", { open: -1 }, [opened], false],
  ];
  for (const [name, answers, expected, isWritten] of cases) {
    await t.step(name, () => {
      const { symbols, calls } = recordLibc(answers);
      const sockets = openSockets(symbols, symbols);
      assertEquals(sockets.writeFifo("/f", Uint8Array.of(1, 2)), isWritten);
      assertEquals(calls, expected);
    });
  }
});
