import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import type {
  OpenProcess,
  WantedStreams,
} from "../../../src/cri/streaming/streaming_server.ts";

const wanted: WantedStreams = {
  stdin: false,
  stdout: true,
  stderr: false,
  terminal: false,
};
const never: OpenProcess = () => Promise.reject(new Error("opened"));

Deno.test("startStreaming() gives out URLs on 127.0.0.1", async () => {
  await using server = await startStreaming();
  const token = "[\\w-]{43}";
  const base = "^http://127\\.0\\.0\\.1:\\d+";
  const exec = server.exec(never, wanted);
  assertMatch(exec, new RegExp(`${base}/exec/${token}$`));
  assertMatch(
    server.attach(never, wanted),
    new RegExp(`${base}/attach/${token}$`),
  );
  assertMatch(
    server.portForward(() => Promise.reject()),
    new RegExp(`${base}/portforward/${token}$`),
  );
  assert(exec.startsWith(server.url));
});

Deno.test("startStreaming() refuses requests that upgrade nothing", async () => {
  await using server = await startStreaming();
  const response = await fetch(server.exec(never, wanted));
  assertEquals(response.status, 400);
  assertMatch(await response.text(), /no upgrade/);
});

Deno.test("startStreaming() knows no token of others", async () => {
  await using server = await startStreaming();
  const used = new URL(server.exec(never, wanted)).pathname;
  await upgrade(server.url, used);
  const other = new URL(server.attach(never, wanted)).pathname;
  const paths = [
    ...["/", "/exec", "/exec/", "//", "/exec/constructor"],
    ...[used, other.replace("attach", "exec"), `${other}/..`],
  ];
  for (const path of paths) {
    assertMatch(await upgrade(server.url, path), /^HTTP\/1.1 404 /);
  }
});

Deno.test("startStreaming() listens no more when it is closed", async () => {
  const abort = new AbortController();
  const server = await startStreaming({ signal: abort.signal });
  const { port } = new URL(server.url);
  abort.abort();
  await server.close();
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.1", port: Number(port) }),
    Deno.errors.ConnectionRefused,
  );
});

/** Asks for an upgrade to SPDY, and reads the answer. */
async function upgrade(url: string, path: string): Promise<string> {
  const port = Number(new URL(url).port);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\n` +
    "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n";
  await connection.write(new TextEncoder().encode(head));
  let text = "";
  const buffer = new Uint8Array(1024);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return text;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
}
