import { assert, assertEquals, assertMatch } from "@std/assert";
import { sleep } from "../../../src/errors/abort.ts";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import { toBytes, toText } from "../../../src/formats/bytes.ts";
import { localProcesses } from "../../support/streaming/local_process.ts";
import {
  connectSpdy,
  openCommand,
} from "../../support/streaming/spdy_client.ts";
import { until } from "../../support/until.ts";

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

Deno.test("clients that say nothing, or nonsense, hold nobody up", async () => {
  await using server = await startStreaming({ limits: { maxPending: 5 } });
  const { open } = localProcesses("echo hi");
  const head = "GET /exec/x HTTP/1.1\r\nHost: x\r\n";
  const upgrade = `${head}Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`;
  const flood: Deno.TcpConn[] = [];
  for (const words of ["", "G", head, `${head}\r\n`, upgrade]) {
    for (let times = 0; times < 10; times++) {
      const connection = await connect(server.url);
      await connection.write(toBytes(words));
      flood.push(connection);
    }
    using client = await connectSpdy(server.exec(open, wanted));
    assertMatch(client.answer, /^HTTP\/1.1 101 /);
  }
  // All but the last few are gone, and need no patience.
  const gone = flood.slice(0, -10).map((connection) => readAll(connection));
  await Promise.all(gone);
  for (const connection of flood) connection.close();
});

Deno.test("clients with a good token stay longer than others, and are few", async () => {
  await using server = await startStreaming({
    limits: { maxConnections: 2, headMs: 200 },
  });
  const { open } = localProcesses("exec cat");
  const [one, other, third] = [1, 2, 3].map(() => server.exec(open, wanted));
  using first = await connectSpdy(one ?? "");
  const stdin = await openCommand(first);
  using _second = await connectSpdy(other ?? "");
  {
    using late = await connectSpdy(third ?? "");
    assertMatch(late.answer, /^HTTP\/1.1 503 /);
  }
  await sleep(500);
  await first.write(stdin, "still here");
  assertEquals(toText((await first.nextOf("data")).bytes), "still here");
  await first.close(stdin);
  await first.readAll();
  first[Symbol.dispose]();
  // The server may have to hear first that it has gone.
  let answer = "";
  await until(async () => {
    using again = await connectSpdy(third ?? "");
    answer = again.answer;
    return !answer.startsWith("HTTP/1.1 503 ");
  });
  assertMatch(answer, /^HTTP\/1.1 101 /);
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
