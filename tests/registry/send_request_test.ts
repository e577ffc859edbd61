/** How often, and after which waits, requests are tried. */

import { assert, assertEquals } from "@std/assert";
import { createHttpClient } from "../../src/registry/http_client.ts";
import { retryAfterMs, sendRequest } from "../../src/registry/send_request.ts";
import { serveHostile } from "../support/servers/hostile_server.ts";

const DAY_MS = 24 * 3600 * 1000;

/** What servers write into Retry-After, and how long that is in seconds. */
const USABLE: readonly (readonly [text: string, seconds: number])[] = [
  ["1", 1],
  [" 7 ", 7],
  ["86400", 86_400],
  [inFuture(30_000), 30],
];
const UNUSABLE: readonly string[] = [
  ...["", "0", "1.5", "-1", "+1", "1e3", "0x10", "1 s", "soon", "1,2"],
  ...["99999999999", "9".repeat(400), "1.5.2001", "2001-01-01"],
  ...[inFuture(-30_000), inFuture(400 * DAY_MS)],
  ...["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"],
];

Deno.test("retryAfterMs() reads what can be meant", async (t) => {
  for (const [text, seconds] of USABLE) {
    await t.step(text, () => {
      const waitMs = retryAfterMs(answer(text));
      assert(waitMs !== undefined && Math.abs(waitMs / 1000 - seconds) < 2);
    });
  }
});

Deno.test("retryAfterMs() leaves what cannot be meant", async (t) => {
  for (const text of UNUSABLE) {
    await t.step(text.slice(0, 40), () => {
      assertEquals(retryAfterMs(answer(text)), undefined);
    });
  }
});

Deno.test("sendRequest() waits longer each time, whatever the server says", async (t) => {
  for (const text of ["0", "1.5", "-1", inFuture(-1000), "soon"]) {
    for (const status of [408, 429, 500, 502, 503, 504]) {
      await t.step(`${status}, ${text}`, async () => {
        const times: number[] = [];
        await using server = serveHostile(() => {
          times.push(performance.now());
          return answer(text, status);
        });
        using client = createHttpClient();
        const retry = { tries: 3, delayMs: 20 };
        const url = new URL(`http://${server.host}/`);
        const response = await sendRequest(client, url, { retry });
        await response.body?.cancel();
        assertEquals([response.status, times.length], [status, 3]);
        const [first = 0, second = 0, third = 0] = times;
        assert(second - first >= 18 && third - second >= 38, `${times}`);
      });
    }
  }
});

Deno.test("sendRequest() tries again what may pass, as those in front of registries fail", async (t) => {
  for (const status of [408, 425, 429, 500, 504, 507, 520, 522, 524, 529]) {
    await t.step(`${status}`, async () => {
      let requests = 0;
      await using server = serveHostile(() =>
        new Response(null, { status: ++requests === 1 ? status : 200 })
      );
      using client = createHttpClient();
      const url = new URL(`http://${server.host}/`);
      const retry = { delayMs: 1 };
      const response = await sendRequest(client, url, { retry });
      await response.body?.cancel();
      assertEquals([response.status, requests], [200, 2]);
    });
  }
});

Deno.test("sendRequest() tries once what will not pass", async (t) => {
  for (
    const status of [
      ...[400, 401, 403, 404, 405, 410, 416, 451, 499],
      ...[501, 505, 510, 511],
    ]
  ) {
    await t.step(`${status}`, async () => {
      await using server = serveHostile(() => new Response(null, { status }));
      using client = createHttpClient();
      const url = new URL(`http://${server.host}/`);
      const response = await sendRequest(client, url);
      await response.body?.cancel();
      assertEquals([response.status, server.requests.length], [status, 1]);
    });
  }
});

function answer(retryAfter: string, status = 429): Response {
  return new Response("no", { status, headers: { "retry-after": retryAfter } });
}

function inFuture(ms: number): string {
  return new Date(Date.now() + ms).toUTCString();
}
