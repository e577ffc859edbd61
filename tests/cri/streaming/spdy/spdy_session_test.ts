import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  controlFrame,
  FLAG_LAST,
  FRAME_TYPES,
  goAwayFrame,
  pingFrame,
  RESET_STATUS,
  resetFrame,
  windowFrame,
} from "../../../../src/cri/streaming/spdy/frames.ts";
import { sleep } from "../../../../src/errors/abort.ts";
import { startStreaming } from "../../../../src/cri/streaming/start_streaming.ts";
import {
  connectSpdy,
  type SpdyClient,
} from "../../../support/streaming/spdy_client.ts";
import { localProcesses } from "../../../support/streaming/local_process.ts";
import { until, untilStill } from "../../../support/until.ts";

const KIB = 1024;
const wanted = { stdin: false, stdout: true, stderr: false, terminal: false };

Deno.test("SpdySession answers pings, and ignores answers and what it knows not", async () => {
  await using session = await begin("cat", { stdin: true });
  const { client } = session;
  await client.send(pingFrame(2), controlFrame(99, [1]), pingFrame(5));
  assertEquals((await client.nextOf("ping")).id, 5);
});

Deno.test("SpdySession sends without windows to clients that use none", async () => {
  await using session = await begin("head -c 1000000 /dev/zero");
  const texts = await session.client.readAll();
  assertEquals(texts.get(session.stdout)?.length, 1_000_000);
});

Deno.test("SpdySession respects windows that a client uses", async () => {
  await using session = await begin("head -c 300000 /dev/zero", {
    before: async (client) => {
      await client.send(controlFrame(FRAME_TYPES.settings, [1, 7, 1000]));
    },
  });
  const { client, stdout } = session;
  assertEquals(await receive(client, stdout, 1000), 1000);
  assert(await isSilent(client));
  await client.send(windowFrame(stdout, 5000));
  assertEquals(await receive(client, stdout, 5000), 5000);
  // A smaller window holds it back even for what it has not sent yet.
  await client.send(controlFrame(FRAME_TYPES.settings, [1, 7, 500]));
  await client.send(windowFrame(stdout, 600));
  assertEquals(await receive(client, stdout, 100), 100);
  assert(await isSilent(client));
  await client.send(windowFrame(stdout, 1_000_000));
  await receive(client, stdout, 300_000 - 6100);
  assertEquals((await client.readAll()).get(1), SUCCESS);
});

Deno.test("SpdySession respects the window of a session", async () => {
  await using session = await begin("head -c 300000 /dev/zero", {
    before: (client) => client.send(windowFrame(0, 1)),
  });
  const { client, stdout } = session;
  await receive(client, stdout, 64 * KIB + 1);
  assert(await isSilent(client));
  await client.send(windowFrame(0, 1_000_000));
  await receive(client, stdout, 300_000 - 64 * KIB - 1);
});

Deno.test("SpdySession widens the windows of what a process has taken", async () => {
  await using session = await begin("cat >/dev/null", { stdin: true });
  const { client, stdin } = session;
  await client.write(stdin, new Uint8Array(64 * KIB));
  const widened = new Map([[0, 0], [stdin, 0]]);
  while ([...widened.values()].some((bytes) => bytes < 32 * KIB)) {
    const { streamId, bytes } = await client.nextOf("window");
    widened.set(streamId, (widened.get(streamId) ?? 0) + bytes);
  }
  assertEquals(widened.size, 2);
});

Deno.test("SpdySession takes no more than is read, whatever is sent", async () => {
  await using session = await begin("exec sleep 60", { stdin: true });
  const { client, stdin } = session;
  let sent = 0;
  const sending = (async () => {
    for (;;) {
      await client.write(stdin, new Uint8Array(KIB * KIB));
      sent++;
    }
  })();
  sending.catch(() => {}); // The connection is closed in the end.
  // Pipes, sockets and buffers: all that is less than what is sent in a moment.
  await untilStill(() => sent, { below: 16 });
  client.connection.close();
});

Deno.test("SpdySession notices that a client has gone while it does not read", async () => {
  await using session = await begin("exec sleep 60", { stdin: true });
  const { client, stdin, processes } = session;
  const sending = client.write(stdin, new Uint8Array(32 * KIB * KIB));
  sending.catch(() => {}); // The connection is closed.
  await sleep(500);
  client.connection.close();
  await until(() => processes.running === 0, { withinMs: 15_000 });
});

Deno.test("SpdySession drops what is sent on a stream that has ended", async () => {
  await using session = await begin("cat", { stdin: true });
  const { client, stdin } = session;
  await client.send(resetFrame(stdin, RESET_STATUS.cancel));
  await client.write(stdin, "too late");
  await client.send(windowFrame(stdin, 1), resetFrame(stdin, 1));
  await client.send(pingFrame(1));
  assertEquals((await client.nextOf("ping")).id, 1);
});

Deno.test("SpdySession breaks off a stream that continues behind its end", async () => {
  await using session = await begin("cat >/dev/null; exec sleep 60", {
    stdin: true,
  });
  const { client, stdin } = session;
  await client.close(stdin);
  await client.write(stdin, "more");
  const { streamId, status } = await client.nextOf("reset");
  assertEquals([streamId, status], [stdin, RESET_STATUS.alreadyClosed]);
});

Deno.test("SpdySession breaks off a stream whose window is too wide", async () => {
  await using session = await begin("exec sleep 60");
  const { client, stdout } = session;
  await client.send(windowFrame(stdout, 0x7fff_ffff));
  const { streamId, status } = await client.nextOf("reset");
  assertEquals([streamId, status], [stdout, RESET_STATUS.flowControl]);
});

Deno.test("SpdySession continues when a client resets its output", async () => {
  await using session = await begin("seq 1000000; exit 4");
  const { client, stdout } = session;
  await client.send(resetFrame(stdout, RESET_STATUS.cancel));
  const texts = await client.readAll();
  assertStringIncludes(texts.get(1) ?? "", '"message":"4"');
});

Deno.test("SpdySession takes headers behind the first ones, and an end", async () => {
  await using session = await begin("cat; echo done", { stdin: true });
  const { client, stdin, stdout } = session;
  await client.addHeaders(stdin, { more: "headers" });
  await client.write(stdin, "text, ");
  await client.addHeaders(stdin, { last: "ones" }, { flags: FLAG_LAST });
  assertEquals((await client.readAll()).get(stdout), "text, done\n");
});

Deno.test("SpdySession ends when its client leaves", async () => {
  await using session = await begin("exec sleep 60");
  const { client, stdout, processes } = session;
  await until(() => processes.running === 1);
  await client.send(goAwayFrame(0, 0));
  await client.send(resetFrame(1, 5));
  await client.close(1);
  await sleep(100);
  assertEquals(processes.running, 1, "streams are left");
  await client.send(resetFrame(stdout, 5));
  assertEquals(await client.readAll(), new Map());
});

Deno.test("SpdySession ends with those that break the protocol", async (t) => {
  const cases: Readonly<
    Record<string, (client: SpdyClient) => Promise<unknown>>
  > = {
    "data of no stream": (client) => client.write(99, "x"),
    "data of the server's stream": (client) => client.write(2, "x"),
    "data of the session": (client) => client.write(0, "x"),
    "an ID twice": (client) => client.open({ streamtype: "x" }, { id: 1 }),
    "an ID of the server's": (client) => client.open({}, { id: 8 }),
    "the ID of the session": (client) => client.open({}, { id: 0 }),
    "a reply to nothing": (client) =>
      client.send(controlFrame(FRAME_TYPES.reply, [1])),
    "headers that are none": (client) =>
      client.send(controlFrame(FRAME_TYPES.stream, [9, 0, 0, 0, 0])),
    "a control frame too long": (client) =>
      client.send(Uint8Array.of(0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff)),
    "a window too wide": (client) => client.send(windowFrame(0, 0x7fff_ffff)),
  };
  for (const [name, breakIt] of Object.entries(cases)) {
    await t.step(name, async () => {
      await using session = await begin("exec sleep 60");
      await breakIt(session.client);
      await session.client.nextOf("go-away");
      assertEquals(await session.client.next(), undefined);
      await until(() => session.processes.running === 0);
    });
  }
});

// More than the kernel's buffers and the server's own hold.
const MUCH = 64 * 1024 * 1024;

Deno.test("SpdySession holds few answers for a client that reads none", async () => {
  await using session = await begin("exec sleep 60");
  const { client } = session;
  const pings = new Uint8Array(12 * 10_000);
  for (let at = 0; at < pings.byteLength; at += 12) pings.set(pingFrame(1), at);
  let sent = 0;
  const sending = (async () => {
    for (;;) {
      await client.send(pings);
      sent += pings.byteLength;
    }
  })();
  sending.catch(() => {}); // The connection is closed in the end.
  await untilStill(() => sent, { below: MUCH });
  client.connection.close();
});

const SUCCESS = '{"metadata":{},"status":"Success"}';

interface Session extends AsyncDisposable {
  readonly client: SpdyClient;
  readonly processes: ReturnType<typeof localProcesses>;
  readonly stdin: number;
  readonly stdout: number;
}

/** Runs a command, with the streams that it needs. */
async function begin(
  script: string,
  { stdin = false, before }: {
    readonly stdin?: boolean;
    readonly before?: (client: SpdyClient) => Promise<void>;
  } = {},
): Promise<Session> {
  const server = await startStreaming({ limits: { lingerMs: 500 } });
  const processes = localProcesses(script);
  const client = await connectSpdy(
    server.exec(processes.open, { ...wanted, stdin }),
  );
  await before?.(client);
  const roles = ["error", "stdout", ...(stdin ? ["stdin"] : [])];
  const ids = new Map<string, number>();
  for (const role of roles) {
    ids.set(role, await client.open({ streamtype: role }));
    await client.nextOf("reply");
  }
  return {
    ...{ client, processes },
    stdin: ids.get("stdin") ?? 0,
    stdout: ids.get("stdout") ?? 0,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server.close();
    },
  };
}

/** Waits for so many bytes, and no more. */
async function receive(
  client: SpdyClient,
  id: number,
  size: number,
): Promise<number> {
  let total = 0;
  while (total < size) {
    const { streamId, bytes } = await client.nextOf("data");
    assertEquals(streamId, id);
    total += bytes.byteLength;
  }
  assertEquals(total, size);
  return total;
}

/** Whether nothing comes, until the server is asked to say something. */
async function isSilent(client: SpdyClient): Promise<boolean> {
  await sleep(100);
  await client.send(pingFrame(77));
  return (await client.next())?.kind === "ping";
}

Deno.test("SpdySession refuses streams that go one way, or come too late", async (t) => {
  const [oneWay, refused] = [2, RESET_STATUS.refused];
  await t.step("one way", async () => {
    await using session = await begin("exec sleep 60");
    const { client } = session;
    const id = await client.open({ streamtype: "stdin" }, { flags: oneWay });
    const { streamId, status } = await client.nextOf("reset");
    assertEquals([streamId, status], [id, refused]);
  });
  await t.step("from who leaves", async () => {
    await using session = await begin("exec sleep 60");
    const { client } = session;
    await client.send(goAwayFrame(0, 0));
    const id = await client.open({ streamtype: "stdin" });
    const { streamId, status } = await client.nextOf("reset");
    assertEquals([streamId, status], [id, refused]);
  });
  await t.step("of a kind that there is already", async () => {
    await using session = await begin("exec sleep 60");
    const { client } = session;
    const id = await client.open({ streamtype: "stdout" });
    const { streamId, status } = await client.nextOf("reset");
    assertEquals([streamId, status], [id, refused]);
  });
});
