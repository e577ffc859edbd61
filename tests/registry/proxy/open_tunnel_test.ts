import { assertEquals, assertRejects } from "@std/assert";
import { toBytes, toText } from "../../../src/formats/bytes.ts";
import { openTunnel } from "../../../src/registry/proxy/open_tunnel.ts";
import { startProxy } from "../../support/servers/connect_proxy.ts";

const VARIABLE = "HTTPS_PROXY";

Deno.test("openTunnel() leads to the host that was asked for", async () => {
  await using proxy = startProxy({ login: "me:p@ss" });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const greeting = (async () => {
    using connection = await listener.accept();
    await connection.write(toBytes("hello"));
  })();
  const target = `registry.test:${listener.addr.port}`;
  const socket = await openTunnel({
    origin: `http://${proxy.host}`,
    login: { username: "me", password: "p@ss" },
    variable: VARIABLE,
  }, target);
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once("data", (bytes: Uint8Array) => resolve(toText(bytes)));
  assertEquals(await promise, "hello");
  assertEquals(proxy.asked, [`CONNECT ${target}`]);
  socket.destroy();
  await greeting;
});

/** What a proxy answers in one piece, and why there is no tunnel. */
const REFUSALS: Readonly<Record<string, readonly [string, string]>> = {
  "a login": ["HTTP/1.1 407 No\r\n\r\n", "proxy authentication required"],
  "a refusal": ["HTTP/1.0 403 No\r\n\r\n", "the proxy says 403"],
  "a redirect": ["HTTP/1.1 302 No\r\n\r\n", "the proxy says 302"],
  "no HTTP": ["SSH-2.0\r\n\r\n", "the proxy says nothing"],
  "half an answer": ["HTTP/1.1 200 OK\r\n", "unsuccessful tunnel"],
  "nothing": ["", "unsuccessful tunnel"],
  "no end": [`HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}`, "invalid HTTP"],
};

Deno.test("openTunnel() reports why there is none", async (t) => {
  for (const [name, [answer, why]] of Object.entries(REFUSALS)) {
    await t.step(name, async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const answering = (async () => {
        using connection = await listener.accept();
        await connection.read(new Uint8Array(1024));
        await connection.write(toBytes(answer));
      })();
      const origin = `http://127.0.0.1:${listener.addr.port}`;
      await assertRejects(
        () => openTunnel({ origin, variable: VARIABLE }, "h:1"),
        Error,
        why,
      );
      await answering;
    });
  }
  await t.step("a proxy of another kind", async () => {
    await assertRejects(
      () => openTunnel({ origin: "https://p:1", variable: VARIABLE }, "h:1"),
      Error,
      "a proxy with https:// cannot be asked",
    );
  });
});

Deno.test("openTunnel() ends when it is aborted", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const controller = new AbortController();
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  const opening = openTunnel({ origin, variable: VARIABLE }, "h:1", controller);
  using connection = await listener.accept();
  await connection.read(new Uint8Array(1024));
  controller.abort(new Error("enough"));
  await assertRejects(() => opening, Error, "enough");
});
