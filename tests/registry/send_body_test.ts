/** Requests with bodies: of which redirects, and how long, they may be sent. */

import { assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { type Bytes, toBytes } from "../../src/formats/bytes.ts";
import { createHttpClient } from "../../src/registry/http_client.ts";
import { sendRequest } from "../../src/registry/send_request.ts";
import { needs } from "../support/peers.ts";
import { serveHostile } from "../support/servers/hostile_server.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../support/servers/registry_server.ts";

const ONCE = { tries: 1 };

Deno.test("sendRequest() sends a body that is made meanwhile, again if need be", async () => {
  const bodies: string[] = [];
  await using server = serveHostile(async (request) => {
    bodies.push(await request.text());
    return new Response(null, { status: bodies.length === 1 ? 503 : 202 });
  });
  using client = createHttpClient();
  const response = await sendRequest(client, at(server.host), {
    method: "PATCH",
    body: () => piecesOf("a", "b", "c"),
    retry: { delayMs: 1 },
  });
  await response.body?.cancel();
  assertEquals([response.status, bodies], [202, ["abc", "abc"]]);
});

Deno.test(
  "sendRequest() sends such a body where no certificate counts",
  needs(...REGISTRY_PROGRAMS),
  async () => {
    await using registry = await startRegistry({ tls: true });
    using client = createHttpClient({ insecure: true });
    const base = `https://${registry.host}`;
    const start = new URL(`${base}/v2/app/blobs/uploads/`);
    const begun = await sendRequest(client, start, { method: "POST" });
    const response = await sendRequest(
      client,
      new URL(begun.headers.get("location") ?? "", base),
      { method: "PATCH", body: () => piecesOf("a".repeat(70_000), "b") },
    );
    assertEquals(response.status, 202);
    assertEquals(response.headers.get("range"), "0-70000");
  },
);

Deno.test("sendRequest() continues with the same method where a redirect leads", async (t) => {
  for (const status of [301, 302, 307, 308]) {
    await t.step(`${status}`, async () => {
      const seen: string[] = [];
      await using server = serveHostile(async (request) => {
        const { pathname } = new URL(request.url);
        seen.push(`${request.method} ${pathname} ${await request.text()}`);
        const headers = { location: "/b" };
        return pathname === "/a"
          ? new Response(null, { status, headers })
          : new Response(null, { status: 201 });
      });
      using client = createHttpClient();
      const response = await sendRequest(client, at(server.host), {
        method: "PUT",
        body: toBytes("x"),
      });
      await response.body?.cancel();
      assertEquals(seen, ["PUT /a x", "PUT /b x"]);
    });
  }
});

Deno.test("sendRequest() writes nothing where a redirect says to read", async () => {
  await using server = serveHostile(() =>
    new Response(null, { status: 303, headers: { location: "/b" } })
  );
  using client = createHttpClient();
  const sent = { method: "PUT", body: toBytes("x"), retry: ONCE } as const;
  await assertRejects(
    () => sendRequest(client, at(server.host), sent),
    RegistryError,
    "redirect to another method",
  );
  assertEquals(server.requests.length, 1);
});

Deno.test("sendRequest() gives up a body that no one takes", async () => {
  await using server = serveSilence();
  using client = createHttpClient();
  // More than the buffers of both sides hold.
  const piece = "x".repeat(1024 * 1024);
  await assertRejects(
    () =>
      sendRequest(client, at(server.host), {
        method: "PATCH",
        body: () => piecesOf(...Array.from({ length: 64 }, () => piece)),
        retry: { ...ONCE, stallTimeoutMs: 200, headerTimeoutMs: 10_000 },
      }),
    RegistryError,
    "it took no data for 0.2 s",
  );
});

Deno.test("sendRequest() gives a slow body the time that it takes", async () => {
  await using server = serveHostile(async (request) => {
    await request.text();
    return new Response();
  });
  using client = createHttpClient();
  const response = await sendRequest(client, at(server.host), {
    method: "PATCH",
    body: () => slowly("a", "b", "c", "d"),
    retry: { ...ONCE, stallTimeoutMs: 100, headerTimeoutMs: 100 },
  });
  assertEquals(response.status, 200);
  await response.body?.cancel();
});

function at(host: string): URL {
  return new URL(`http://${host}/a`);
}

function piecesOf(...texts: readonly string[]): ReadableStream<Bytes> {
  return ReadableStream.from(texts.map(toBytes));
}

/** Each piece takes nearly as long as the server may. */
function slowly(...texts: readonly string[]): ReadableStream<Bytes> {
  return ReadableStream.from((async function* () {
    for (const text of texts) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      yield toBytes(text);
    }
  })());
}

/** A server that accepts connections and reads nothing. */
function serveSilence(): { readonly host: string } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const done = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })();
  return {
    host: `127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of accepted) connection.close();
      await done;
    },
  };
}
