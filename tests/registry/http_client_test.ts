import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createHttpClient,
  messagesOf,
} from "../../src/registry/http_client.ts";
import { needs } from "../support/peers.ts";
import { makeSelfSigned } from "../support/servers/make_certificates.ts";
import { serveScript } from "../support/servers/scripted_server.ts";
import { serveHostile } from "../support/servers/hostile_server.ts";

Deno.test("createHttpClient() sends what it is given, and GET else", async () => {
  const bodies: string[] = [];
  await using server = serveHostile(async (request) => {
    bodies.push(await request.text());
    return new Response("answer");
  });
  using client = createHttpClient();
  const url = new URL(`http://${server.host}/a?b=c`);
  await (await client.send(url)).text();
  await (await client.send(url, { method: "HEAD" })).text();
  const headers = { "x-a": "b", "accept-encoding": "gzip" };
  const post = { method: "POST", body: "text", headers } as const;
  assertEquals(await (await client.send(url, post)).text(), "answer");
  assertEquals(bodies, ["", "", "text"]);
  const { requests } = server;
  assertEquals(requests.map(({ method }) => method), ["GET", "HEAD", "POST"]);
  assertEquals(
    requests.map((request) => request.headers.get("accept-encoding")),
    ["identity", "identity", "gzip"],
  );
  assertEquals(requests[2]?.headers.get("x-a"), "b");
  assert(requests.every((request) => request.url.endsWith("/a?b=c")));
});

Deno.test("createHttpClient() leaves redirects to its caller", async () => {
  await using server = serveHostile(() =>
    new Response(null, { status: 302, headers: { location: "/other" } })
  );
  using client = createHttpClient();
  const response = await client.send(new URL(`http://${server.host}/`));
  await response.body?.cancel();
  assertEquals([response.status, response.headers.get("location")], [
    302,
    "/other",
  ]);
  assertEquals(server.requests.length, 1);
});

Deno.test("createHttpClient() reaches ports that browsers block", async () => {
  await using server = serveBlocked(async (request) => {
    const body = await request.text();
    const encoding = request.headers.get("accept-encoding");
    const headers = { "x-a": "b" };
    return new URL(request.url).pathname === "/none"
      ? new Response(null, { status: 204, headers })
      : new Response(`${request.method} ${encoding} ${body}`, { headers });
  });
  using client = createHttpClient();
  const url = new URL(`http://127.0.0.1:${server.addr.port}/`);
  const post = { method: "POST", body: "text" } as const;
  const response = await client.send(url, post);
  assertEquals(response.headers.get("x-a"), "b");
  assertEquals(await response.text(), "POST identity text");
  const none = await client.send(new URL("/none", url));
  assertEquals([none.status, none.body], [204, null]);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() => client.send(url, { signal }));
  assertEquals(error, reason);
});

Deno.test({
  name: "createHttpClient() keeps connections, also if it checks nothing",
  ...needs("openssl"),
  async fn() {
    const certificate = await makeSelfSigned();
    await using server = await serveScript([{
      // A server may close what it has promised to keep.
      match: /last/,
      ...{ answer: { body: "x".repeat(100_000) }, version: "1.0" },
    }, { answer: { body: "x".repeat(100_000) } }], { certificate });
    using client = createHttpClient({ insecure: true });
    const read = async (path: string) => {
      const url = new URL(path, `https://${server.host}`);
      assertEquals((await (await client.send(url)).bytes()).length, 100_000);
      // Until its connection is free again.
      await new Promise((resolve) => setTimeout(resolve, 10));
    };
    for (const path of ["/1", "/2", "/3", "/last", "/4"]) await read(path);
    assertEquals(server.connections, 2);
  },
});

Deno.test("messagesOf() shows an error with its causes", () => {
  const cause = new Error("b", { cause: "c" });
  assertEquals(messagesOf(new Error("a", { cause })), "a: b: c");
  assertEquals(messagesOf(new Error("a")), "a");
  assertEquals(messagesOf("a"), "a");
});

/** IRC's ports, which fetch refuses and Go's tools do not: one that is free. */
function serveBlocked(
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  const [hostname, onListen] = ["127.0.0.1", () => {}];
  for (const port of [6665, 6666, 6667, 6668]) {
    try {
      return Deno.serve({ hostname, port, onListen }, handler);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return Deno.serve({ hostname, port: 6669, onListen }, handler);
}
