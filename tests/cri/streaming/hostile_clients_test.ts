import { assert, assertEquals } from "@std/assert";
import { RESET_STATUS } from "../../../src/cri/streaming/spdy/frames.ts";
import { sleep } from "../../../src/errors/abort.ts";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import { localProcesses } from "../../support/streaming/local_process.ts";
import {
  openLocalPort,
  serveLocally,
} from "../../support/streaming/local_ports.ts";
import {
  connectSpdy,
  openCommand,
} from "../../support/streaming/spdy_client.ts";
import { until } from "../../support/until.ts";

const wanted = { stdin: true, stdout: true, stderr: false, terminal: false };

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
  const idleMs = 2000; // Longer than a slow machine keeps a client waiting.
  await using server = await startStreaming({ limits: { idleMs } });
  const processes = localProcesses("exec cat");
  using client = await connectSpdy(server.exec(processes.open, wanted));
  const stdin = await openCommand(client);
  for (let times = 0; times < 8; times++) {
    await sleep(idleMs / 4);
    await client.write(stdin, "x");
    await client.nextOf("data");
  }
  assertEquals(processes.running, 1);
  const start = performance.now();
  await client.readAll().catch(() => {}); // It is broken off.
  assert(performance.now() - start > idleMs / 2);
  await until(() => processes.running === 0);
});

Deno.test("clients and their processes end with the server", async () => {
  const server = await startStreaming();
  const processes = localProcesses("exec cat");
  const clients = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const url = server.exec(processes.open, wanted);
      const client = await connectSpdy(url);
      await openCommand(client);
      return client;
    }),
  );
  await until(() => processes.running === 20);
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
  const stdin = await openCommand(client);
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
  await until(() => processes.sizes.length === 4);
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
