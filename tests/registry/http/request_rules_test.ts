/** How requests are led on, and how often they are tried, by a client in memory. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import type { HttpClient } from "../../../src/registry/http_client.ts";
import {
  backOffMs,
  isFromElsewhere,
  sendRequest,
  type SendRequestOptions,
} from "../../../src/registry/send_request.ts";

/** A client that gives answers in turn, the last one again and again. */
function clientOf(...answers: readonly (() => Response)[]) {
  const asked: string[] = [];
  const client: HttpClient = {
    send(url, { method = "GET", headers = {} } = {}) {
      const login = headers["authorization"] ?? "-";
      asked.push(`${method} ${url.href} ${login}`);
      const next = answers[Math.min(asked.length, answers.length) - 1];
      return next === undefined
        ? Promise.reject(new Error("no answer"))
        : Promise.resolve().then(next);
    },
    [Symbol.dispose]() {},
  };
  return { client, asked };
}

const [A, B] = ["http://127.0.0.1:5000/", "http://127.0.0.1:6000/"];
const to = (location: string | undefined, status = 307) => () =>
  new Response("there", {
    status,
    headers: location === undefined ? {} : { location },
  });
const ok = () => new Response("ok");

/** Where a request leads: what is asked, and what is said at the end. */
const ROUTES: Readonly<
  Record<
    string,
    readonly [
      answers: readonly (() => Response)[],
      asked: readonly string[],
      end: string,
      options?: SendRequestOptions,
    ]
  >
> = {
  "here": [[ok], [`GET ${A}x L`], "home"],
  "to another path": [[to("/y"), ok], [`GET ${A}x L`, `GET ${A}y L`], "home"],
  "to a path beside": [[to("y?q=1"), ok], [
    `GET ${A}x L`,
    `GET ${A}y?q=1 L`,
  ], "home"],
  "elsewhere": [[to(`${B}y`), ok], [`GET ${A}x L`, `GET ${B}y -`], "elsewhere"],
  "elsewhere and back": [
    [to(`${B}y`), to(`${A}z`), ok],
    [`GET ${A}x L`, `GET ${B}y -`, `GET ${A}z -`],
    "elsewhere",
  ],
  "by each status": [
    [301, 302, 303, 307, 308].map((status) => to("/x", status)).concat(ok),
    Array(6).fill(`GET ${A}x L`),
    "home",
  ],
  "by no other status": [[to("/y", 300)], [`GET ${A}x L`], "home"],
  "to nowhere": [
    [to(undefined)],
    [`GET ${A}x L`],
    "redirect without a place to go to",
  ],
  "to a blank": [
    [to(" ")],
    [`GET ${A}x L`],
    "redirect without a place to go to",
  ],
  "to what is no URL": [
    [to("http://")],
    [`GET ${A}x L`],
    "redirect without a place to go to",
  ],
  "to a file": [
    [to("file:///etc/passwd?secret")],
    [`GET ${A}x L`],
    'redirect to "file:///etc/passwd" refused (scheme)',
  ],
  "to a metadata service": [
    [to("http://169.254.169.254/x")],
    [`GET ${A}x L`],
    'redirect to "http://169.254.169.254/x" refused (link-local address)',
  ],
  "ten times": [
    [...Array(10).fill(to("/x")), ok],
    Array(11).fill(`GET ${A}x L`),
    "home",
  ],
  "eleven times": [
    [to("/x")],
    Array(11).fill(`GET ${A}x L`),
    "more than 10 redirects",
  ],
  "a form": [
    [to("/y"), ok],
    [`POST ${A}x L`],
    "redirect of a POST",
    { method: "POST", body: "password=p" },
  ],
  "bytes": [
    [to("/y"), ok],
    [`PUT ${A}x L`, `PUT ${A}y L`],
    "home",
    { method: "PUT", body: new Uint8Array(1) },
  ],
  "bytes, by 303": [
    [to("/y", 303), ok],
    [`PUT ${A}x L`],
    "redirect to another method",
    { method: "PUT", body: new Uint8Array(1) },
  ],
  "nothing to write, by 303": [
    [to("/y", 303), ok],
    [`DELETE ${A}x L`],
    "redirect to another method",
    { method: "DELETE" },
  ],
  "a look, by 303": [
    [to("/y", 303), ok],
    [`HEAD ${A}x L`, `HEAD ${A}y L`],
    "home",
    { method: "HEAD" },
  ],
};

Deno.test("sendRequest() follows redirects, and never with a login to others", async (t) => {
  for (
    const [name, [answers, expected, end, options]] of Object.entries(ROUTES)
  ) {
    await t.step(name, async () => {
      const { client, asked } = clientOf(...answers);
      const sent = sendRequest(client, new URL(`${A}x`), {
        ...{ authorization: "L", retry: { tries: 1 } },
        ...options,
      });
      if (end === "home" || end === "elsewhere") {
        assertEquals(isFromElsewhere(await sent), end === "elsewhere");
      } else {
        const error = await assertRejects(() => sent, RegistryError);
        assertEquals(
          [error.message, error.reason],
          [`Cannot use "127.0.0.1:5000": ${end}`, "untrusted"],
        );
      }
      assertEquals(asked, expected);
    });
  }
});

Deno.test("sendRequest() tries again as often as it is told", async (t) => {
  const fail = (message: string) => () => {
    throw new Error(message);
  };
  const later = (text: string) => () =>
    new Response("later", { status: 503, headers: { "retry-after": text } });
  const busy = () => new Response("busy", { status: 503 });
  const cases: readonly (readonly [
    string,
    readonly (() => Response)[],
    SendRequestOptions["retry"],
    tries: number,
    end: number | string,
  ])[] = [
    ["busy", [busy], { tries: 3 }, 3, 503],
    ["busy, by default", [busy], {}, 5, 503],
    ["busy, once", [busy], { tries: 1 }, 1, 503],
    ["busy at first", [busy, busy, ok], { tries: 3 }, 3, 200],
    ["unreachable", [fail("ECONNREFUSED")], { tries: 3 }, 3, "refused"],
    ["unreachable, by default", [fail("ECONNREFUSED")], {}, 5, "refused"],
    [
      "unreachable, tried less often",
      [fail("ECONNREFUSED")],
      { tries: 4, unansweredTries: 2 },
      2,
      "refused",
    ],
    [
      "busy, though unreachable is tried less often",
      [busy],
      { tries: 4, unansweredTries: 2 },
      4,
      503,
    ],
    ["of a wrong name", [fail("ENOTFOUND")], { tries: 3 }, 1, "not found"],
    ["of a wrong kind", [fail("ERR_TLS x")], { tries: 3 }, 1, "ERR_TLS x"],
    ["patient for a minute", [later("61")], { tries: 3 }, 1, 503],
    ["patient for years", [later("99999999999")], { tries: 3 }, 3, 503],
    ["with a long pause", [busy], { tries: 3, delayMs: 60_001 }, 1, 503],
  ];
  for (const [name, answers, retry, tries, end] of cases) {
    await t.step(name, async () => {
      const { client, asked } = clientOf(...answers);
      const sent = sendRequest(client, new URL(A), {
        retry: { delayMs: 1, ...retry },
      });
      if (typeof end === "number") assertEquals((await sent).status, end);
      else {
        const error = await assertRejects(() => sent, RegistryError);
        assert(error.message.startsWith('Cannot reach "127.0.0.1:5000": '));
        assert(error.message.includes(end), error.message);
        assertEquals(error.reason, "unreachable");
      }
      assertEquals(asked.length, tries);
    });
  }
});

Deno.test("sendRequest() ends with its caller's signal", async (t) => {
  const enough = new Error("enough");
  const busy = () => new Response("busy", { status: 503 });
  for (const when of ["before", "in a pause", "in a pause for no answer"]) {
    await t.step(when, async () => {
      const controller = new AbortController();
      if (when === "before") controller.abort(enough);
      const { client, asked } = clientOf(() => {
        setTimeout(() => controller.abort(enough));
        if (when.endsWith("no answer")) throw new Error("ECONNREFUSED");
        return busy();
      });
      const { signal } = controller;
      const error = await assertRejects(() =>
        sendRequest(client, new URL(A), {
          ...{ signal, retry: { delayMs: 50_000 } },
        }), Error);
      assertEquals([error, asked.length], [enough, when === "before" ? 0 : 1]);
    });
  }
});

Deno.test("backOffMs() doubles, with a tenth by chance", () => {
  for (const [tries, least] of [[1, 250], [2, 500], [3, 1000]] as const) {
    for (let n = 0; n < 20; n++) {
      const ms = backOffMs(tries);
      assert(ms >= least && ms <= least * 1.1, `${ms}`);
    }
  }
  const own = backOffMs(2, { delayMs: 10 });
  assert(own >= 20 && own <= 22, `${own}`);
});
