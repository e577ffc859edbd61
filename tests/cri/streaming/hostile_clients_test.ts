import { assert, assertEquals, assertMatch } from "@std/assert";
import { RESET_STATUS } from "../../../src/cri/streaming/spdy/frames.ts";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import { toBytes, toText } from "../../../src/formats/bytes.ts";
import { localProcesses } from "../../support/streaming/local_process.ts";
import {
  openLocalPort,
  serveLocally,
} from "../../support/streaming/local_ports.ts";
import { connectSpdy } from "../../support/streaming/spdy_client.ts";

const wanted = { stdin: true, stdout: true, stderr: false, terminal: false };

Deno.test("clients have a while for the head of their request", async () => {
  await using server = await startStreaming({ limits: { headMs: 300 } });
  using connection = await connect(server.url);
  const start = performance.now();
  await connection.write(toBytes("GET /exec/x HTTP/1.1\r\nHost: "));
  const dripping = setInterval(() => {
    connection.write(toBytes("x")).catch(() => clearInterval(dripping));
  }, 50);
  await readAll(connection);
  clearInterval(dripping);
  assert(performance.now() - start < 3000, "it waits");
});

Deno.test("clients have little room for the head of their request", async () => {
  await using server = await startStreaming();
  using connection = await connect(server.url);
  const head = `GET /exec/x HTTP/1.1\r\nX: ${"x".repeat(100_000)}\r\n\r\n`;
  connection.write(toBytes(head)).catch(() => {}); // It is closed meanwhile.
  assertMatch(await readAll(connection), /^(HTTP\/1.1 431 .*)?/);
});

Deno.test("clients that say nothing hold nobody up for long", async () => {
  await using server = await startStreaming({
    limits: { maxConnections: 5, headMs: 300 },
  });
  const { open } = localProcesses("echo hi");
  const url = server.exec(open, wanted);
  const silent = await Promise.all(
    Array.from({ length: 5 }, () => connect(server.url)),
  );
  for (const connection of silent) await connection.write(toBytes("G"));
  await wait(50);
  using late = await connect(server.url);
  assertEquals(await readAll(late), ""); // There is no room for it.
  await Promise.all(silent.map((connection) => readAll(connection)));
  for (const connection of silent) connection.close();
  await wait(50);
  using client = await connectSpdy(url);
  assertMatch(client.answer, /^HTTP\/1.1 101 /);
});

Deno.test("clients that guess tokens find none, and hurt none", async () => {
  await using server = await startStreaming();
  const { open } = localProcesses("echo hi");
  const url = server.exec(open, wanted);
  for (let times = 0; times < 300; times++) {
    const guess = crypto.getRandomValues(new Uint8Array(32)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
    using client = await connectSpdy(`${server.url}/exec/${guess}`);
    assertMatch(client.answer, /^HTTP\/1.1 404 /);
  }
  using client = await connectSpdy(url);
  assertMatch(client.answer, /^HTTP\/1.1 101 /);
});

Deno.test("clients with the same token are served once", async () => {
  await using server = await startStreaming();
  const processes = localProcesses("exec cat");
  const url = server.exec(processes.open, wanted);
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => connectSpdy(url)),
  );
  const answers = clients.map(({ answer }) => answer.split(" ")[1]);
  assertEquals(answers.filter((status) => status === "101").length, 1);
  assertEquals(answers.filter((status) => status === "404").length, 19);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("clients that name no protocol that is known are told which are", async () => {
  await using server = await startStreaming();
  const { open } = localProcesses("echo hi");
  {
    using client = await connectSpdy(server.exec(open, wanted), {
      protocol: "v9.channel.k8s.io, v8.channel.k8s.io",
    });
    assertMatch(client.answer, /^HTTP\/1.1 403 /);
    assertMatch(
      client.answer,
      /X-Accepted-Stream-Protocol-Versions: v4.channel.k8s.io/,
    );
  }
  using client = await connectSpdy(server.exec(open, wanted), {
    protocol: " , ",
  });
  assertMatch(client.answer, /^HTTP\/1.1 400 /);
});

Deno.test("clients that make no streams are let go, and nothing is opened", async () => {
  await using server = await startStreaming({ limits: { creationMs: 200 } });
  const processes = localProcesses("exec cat");
  using client = await connectSpdy(server.exec(processes.open, wanted));
  await client.open({ streamtype: "error" });
  await client.open({ streamtype: "stdout" });
  await client.readAll();
  assertEquals(processes.begun, 0);
});

Deno.test("clients may make their streams in any order, and more than these", async () => {
  await using server = await startStreaming();
  const { open } = localProcesses("cat");
  using client = await connectSpdy(server.exec(open, wanted));
  const stdin = await client.open({ streamtype: "stdin" });
  await client.write(stdin, "early, ");
  for (const streamtype of ["stdin", "other", ""]) {
    const id = await client.open({ streamtype });
    const { streamId, status } = await client.nextOf("reset");
    assertEquals([streamId, status], [id, RESET_STATUS.refused]);
  }
  // Not asked for, and no harm.
  const stderr = await client.open({ streamtype: "stderr" });
  const sizes = await client.open({ streamtype: "resize" });
  await client.write(stderr, "x".repeat(200_000));
  await client.write(sizes, "x".repeat(200_000));
  const stdout = await client.open({ streamtype: "stdout" });
  await client.write(stdout, "x".repeat(200_000));
  await client.open({ streamtype: "error" });
  await client.write(stdin, "late");
  await client.close(stdin);
  assertEquals((await client.readAll()).get(stdout), "early, late");
});

Deno.test("clients cannot make more streams than there may be", async () => {
  await using pod = serveLocally(async (connection) => {
    await connection.readable.pipeTo(connection.writable);
  });
  await using server = await startStreaming();
  using client = await connectSpdy(server.portForward(openLocalPort), {
    protocol: "portforward.k8s.io",
  });
  const headers = { streamtype: "data", port: `${pod.port}` };
  for (let index = 0; index < 1024; index++) {
    await client.open({ ...headers, requestid: `${index}` });
    await client.nextOf("reply");
  }
  const id = await client.open({ ...headers, requestid: "one too many" });
  assertEquals((await client.nextOf("reset")).streamId, id);
});

Deno.test("clients of ports are refused what cannot be meant", async () => {
  await using server = await startStreaming({ limits: { creationMs: 300 } });
  using client = await connectSpdy(server.portForward(openLocalPort), {
    protocol: "portforward.k8s.io",
  });
  const good = { streamtype: "data", port: "80", requestid: "1" };
  const refused = [
    { ...good, port: "0" },
    { ...good, port: "65536" },
    { ...good, port: "-1" },
    { ...good, port: "1e3" },
    { ...good, port: "080808" },
    { ...good, port: "" },
    { ...good, streamtype: "stdin" },
    { streamtype: "data", requestid: "1" },
    { port: "80", requestid: "1" },
  ];
  for (const headers of refused) {
    const id = await client.open(headers);
    assertEquals((await client.nextOf("reset")).streamId, id);
  }
  const first = await client.open(good);
  await client.nextOf("reply");
  for (const headers of [good, { ...good, streamtype: "error", port: "81" }]) {
    const id = await client.open(headers);
    assertEquals((await client.nextOf("reset")).streamId, id);
  }
  // It stays alone.
  assertEquals((await client.nextOf("reset")).streamId, first);
});

Deno.test("clients that do nothing for long are let go", async () => {
  await using server = await startStreaming({ limits: { idleMs: 400 } });
  const processes = localProcesses("exec cat");
  using client = await connectSpdy(server.exec(processes.open, wanted));
  const stdin = await openAll(client);
  for (let times = 0; times < 8; times++) {
    await wait(100);
    await client.write(stdin, "x");
    await client.nextOf("data");
  }
  assertEquals(processes.running, 1);
  const start = performance.now();
  await client.readAll().catch(() => {}); // It is broken off.
  assert(performance.now() - start > 200);
  while (processes.running > 0) await wait(5);
});

Deno.test("clients and their processes end with the server", async () => {
  const server = await startStreaming();
  const processes = localProcesses("exec cat");
  const clients = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const url = server.exec(processes.open, wanted);
      const client = await connectSpdy(url);
      await openAll(client);
      return client;
    }),
  );
  while (processes.running < 20) await wait(5);
  await server.close();
  assertEquals(processes.running, 0);
  for (const client of clients) {
    await client.readAll().catch(() => {}); // It is broken off.
    client[Symbol.dispose]();
  }
});

Deno.test("clients' sizes of terminals are those that terminals have", async () => {
  await using server = await startStreaming();
  const processes = localProcesses("cat");
  using client = await connectSpdy(
    server.exec(processes.open, { ...wanted, terminal: true }),
  );
  const sizes = await client.open({ streamtype: "resize" });
  const stdin = await openAll(client);
  const texts = [
    '{"Width":80,"Height":24}{"Width":81,',
    '"Height":25}',
    '{"Width":65535,"Height":65535}',
    '{"Width":65536,"Height":1}{"Width":99999999999,"Height":1}',
    '{"Width":-1,"Height":1}{"Width":0,"Height":0}{"Width":1.5,"Height":1}',
    '{"Width":"80","Height":24}{"Width":null}{}[]nonsense}}}',
    ' {"height":3,\n"width":2} ',
  ];
  for (const text of texts) await client.write(sizes, text);
  await wait(100);
  await client.write(sizes, "x".repeat(500_000));
  await client.close(stdin);
  await client.readAll();
  assertEquals(processes.sizes, [
    { columns: 80, rows: 24 },
    { columns: 81, rows: 25 },
    { columns: 65535, rows: 65535 },
    { columns: 2, rows: 3 },
  ]);
});

/** Makes the streams of a command. */
async function openAll(
  client: Awaited<ReturnType<typeof connectSpdy>>,
): Promise<number> {
  await client.open({ streamtype: "error" });
  await client.open({ streamtype: "stdout" });
  const stdin = await client.open({ streamtype: "stdin" });
  while ((await client.nextOf("reply")).streamId !== stdin);
  return stdin;
}

function connect(url: string): Promise<Deno.TcpConn> {
  const port = Number(new URL(url).port);
  return Deno.connect({ hostname: "127.0.0.1", port });
}

async function readAll(connection: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(1024);
  try {
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) return text;
      text += toText(buffer.subarray(0, count));
    }
  } catch {
    return text; // It was broken off.
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
