import { assertEquals, assertRejects } from "@std/assert";
import { toBytes } from "../../../src/formats/bytes.ts";
import {
  type NodeRequest,
  NodeSender,
} from "../../../src/registry/http/node_sender.ts";
import { needs } from "../../support/peers.ts";
import { startProxy } from "../../support/servers/connect_proxy.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import { makeSelfSigned } from "../../support/servers/make_certificates.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";

const DIRECT: NodeRequest = { proxy: undefined };
const TLS = needs("openssl");

function send(url: string, request: Partial<NodeRequest> = {}) {
  const sender = new NodeSender({ insecure: true });
  return sender.send(new URL(url), { ...DIRECT, ...request })
    .finally(() => sender[Symbol.dispose]());
}

Deno.test("NodeSender sends what it is given, and reads what comes", async () => {
  const seen: unknown[] = [];
  await using server = serveHostile(async (request) => {
    const { method, url, headers } = request;
    seen.push([
      ...[method, new URL(url).pathname, headers.get("accept-encoding")],
      ...[headers.get("connection"), headers.get("x-a")],
      await request.text(),
    ]);
    return new Response("answer", {
      status: 203,
      headers: [["x-b", "1"], ["x-b", "2"]],
    });
  });
  const base = `http://${server.host}`;
  const response = await send(`${base}/a`);
  assertEquals([response.status, response.headers.get("x-b")], [203, "1, 2"]);
  assertEquals(await response.text(), "answer");
  const bodies: NonNullable<NodeRequest["body"]>[] = [
    "text",
    toBytes("bytes"),
    () => new Blob(["st", "ream"]).stream(),
  ];
  for (const body of bodies) {
    const headers = { "x-a": "b", "accept-encoding": "gzip" };
    const sent = { method: "PUT", headers, body } as const;
    await (await send(`${base}/b`, sent)).text();
  }
  assertEquals(seen, [
    ["GET", "/a", "identity", "close", null, ""],
    ["PUT", "/b", "gzip", "close", "b", "text"],
    ["PUT", "/b", "gzip", "close", "b", "bytes"],
    ["PUT", "/b", "gzip", "close", "b", "stream"],
  ]);
});

Deno.test("NodeSender reads bodies into buffers, to their end", async () => {
  await using server = serveHostile(() => new Response("0123456789"));
  const { body } = await send(`http://${server.host}/`);
  const reader = body?.getReader({ mode: "byob" });
  let text = "";
  for (;;) {
    const found = await reader?.read(new Uint8Array(4));
    if (found?.done !== false) {
      assertEquals(found?.value?.length, 0);
      break;
    }
    text += new TextDecoder().decode(found.value);
  }
  assertEquals(text, "0123456789");
});

Deno.test("NodeSender gives no body to statuses without one", async (t) => {
  for (const status of [200, 203, 204, 205, 206, 304, 599]) {
    await t.step(`${status}`, async () => {
      const isBodiless = [204, 205, 304].includes(status);
      const headers = isBodiless ? "" : "Content-Length: 0\r\n";
      await using server = await serveScript([{
        raw: [`HTTP/1.1 ${status} Odd\r\n${headers}Connection: close\r\n\r\n`],
      }]);
      const response = await send(`http://${server.host}/`);
      assertEquals(
        [response.status, response.body === null],
        [status, isBodiless],
      );
      await response.body?.cancel();
    });
  }
});

Deno.test("NodeSender fails for what is no HTTP", async (t) => {
  const cases: Readonly<Record<string, string>> = {
    "600 Odd\r\nContent-Length: 0": "invalid HTTP status 600",
    "999 Odd\r\nContent-Length: 0": "invalid HTTP status 999",
    "101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade":
      "it switched to another protocol (101)",
  };
  for (const [head, why] of Object.entries(cases)) {
    await t.step(head.slice(0, 3), async () => {
      await using server = await serveScript([{
        raw: [`HTTP/1.1 ${head}\r\n\r\n`],
      }]);
      const error = await assertRejects(
        () => send(`http://${server.host}/`),
        Error,
      );
      assertEquals(error.message, why);
    });
  }
  await t.step("nobody listens", async () => {
    await using server = await serveScript([]);
    const { host } = server;
    await server[Symbol.asyncDispose]();
    await assertRejects(() => send(`http://${host}/`), Error, "ECONNREFUSED");
  });
});

Deno.test("NodeSender ends with its signal's reason", async (t) => {
  const enough = new Error("enough");
  await using server = await serveScript([{ raw: [""], pauseMs: 60_000 }]);
  const url = `http://${server.host}/`;
  await t.step("before", async () => {
    const signal = AbortSignal.abort(enough);
    const error = await assertRejects(() => send(url, { signal }), Error);
    assertEquals([error, server.connections], [enough, 0]);
  });
  for (const reason of [enough, "a text"]) {
    await t.step(`while it waits: ${reason}`, async () => {
      const controller = new AbortController();
      const { signal } = controller;
      setTimeout(() => controller.abort(reason), 20);
      const error = await assertRejects(() => send(url, { signal }), Error);
      assertEquals(error.message, reason === enough ? "enough" : "a text");
    });
  }
});

Deno.test("NodeSender fails with what a body fails with", async () => {
  await using server = serveHostile(async (request) => {
    await request.text();
    return new Response("ok");
  });
  const broken = new Error("it cannot be read");
  const body = () =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (out) => out.enqueue(toBytes("a")),
      pull: (out) => out.error(broken),
    });
  const error = await assertRejects(
    () => send(`http://${server.host}/`, { method: "PUT", body }),
    Error,
  );
  assertEquals(error, broken);
});

Deno.test("NodeSender stops reading what is cancelled", async () => {
  let isEnded = false;
  await using server = serveHostile(() =>
    new Response(
      new ReadableStream({
        pull: (out) => out.enqueue(new Uint8Array(65_536)),
        cancel: () => void (isEnded = true),
      }),
    )
  );
  const { body } = await send(`http://${server.host}/`);
  const reader = body?.getReader();
  await reader?.read();
  await reader?.cancel();
  while (!isEnded) await new Promise((resolve) => setTimeout(resolve, 5));
});

Deno.test(
  "NodeSender keeps connections for what may be sent twice",
  TLS,
  async () => {
    const certificate = await makeSelfSigned();
    await using server = await serveScript([{ answer: { body: "ok" } }], {
      certificate,
    });
    using sender = new NodeSender({ insecure: true });
    const url = new URL(`https://${server.host}/`);
    for (const body of [undefined, undefined, "a", "b", undefined]) {
      const method = body === undefined ? "GET" : "POST";
      const sent = { ...DIRECT, method, ...body !== undefined && { body } };
      assertEquals(
        await (await sender.send(url, sent as NodeRequest)).text(),
        "ok",
      );
      await new Promise((resolve) => setTimeout(resolve, 10)); // it is free again
    }
    const seen = server.requests.map(({ connection, headers }) =>
      `${connection} ${headers.get("connection")}`
    );
    assertEquals(seen, [
      ...["1 keep-alive", "1 keep-alive"],
      ...["2 close", "3 close", "1 keep-alive"],
    ]);
  },
);

Deno.test(
  "NodeSender checks certificates unless it is told not to",
  TLS,
  async (t) => {
    const certificate = await makeSelfSigned();
    const hosts = ["127.0.0.1", "::1"];
    const settings = {
      "none": [{}, false, false],
      "listed": [{ caCerts: [certificate.cert] }, true, false],
      "not checked": [{ insecure: true }, true, true],
    } as const;
    for (const hostname of hosts) {
      await using server = await serveScript([{ answer: { body: "ok" } }], {
        ...{ certificate, hostname },
      });
      for (const [name, [tls, ...taken]] of Object.entries(settings)) {
        for (const method of ["GET", "POST"] as const) {
          await t.step(`${hostname}, ${name}, ${method}`, async () => {
            using sender = new NodeSender(tls);
            const body = method === "POST" ? { body: "x" } : {};
            const url = new URL(`https://${server.host}/`);
            const sent = sender.send(url, { ...DIRECT, method, ...body });
            // It is made out to 127.0.0.1 alone.
            if (taken[hosts.indexOf(hostname)]) {
              assertEquals(await (await sent).text(), "ok");
            } else await assertRejects(() => sent, Error);
          });
        }
      }
    }
  },
);

Deno.test("NodeSender goes through a proxy", TLS, async (t) => {
  const certificate = await makeSelfSigned();
  await using plain = await serveScript([{ answer: { body: "plain" } }]);
  await using secret = await serveScript([{ answer: { body: "secret" } }], {
    certificate,
  });
  await using proxy = startProxy();
  const through = {
    proxy: { origin: `http://${proxy.host}`, variable: "HTTPS_PROXY" },
  };
  for (
    const [url, body] of [
      [`http://${plain.host}/`, "plain"],
      [`https://${secret.host}/`, "secret"],
    ] as const
  ) {
    await t.step(url.split(":")[0] ?? "", async () => {
      assertEquals(await (await send(url, through)).text(), body);
    });
  }
  assertEquals(proxy.asked.map((line) => line.split(" ")[1]), [
    ...[plain.host, secret.host],
  ]);
});

Deno.test("NodeSender asks a proxy for the usual ports", async () => {
  await using proxy = startProxy({ status: "403 Forbidden" });
  const through = {
    proxy: { origin: `http://${proxy.host}`, variable: "HTTPS_PROXY" },
  };
  const urls = ["http://r.test/", "https://r.test/", "https://r.test:80/"];
  for (const url of urls) {
    await assertRejects(
      () => send(url, through),
      Error,
      "unsuccessful tunnel: the proxy says 403",
    );
  }
  assertEquals(proxy.asked.map((line) => line.split(" ")[1]), [
    ...["r.test:80", "r.test:443", "r.test:80"],
  ]);
});
