/** Which requests a sender makes of one, as a client in memory sees them. */

import { assertEquals, assertRejects } from "@std/assert";
import { UnauthorizedError } from "../../../src/errors/image_errors.ts";
import type { Credentials } from "../../../src/formats/config/auth_file.ts";
import type { HttpClient } from "../../../src/registry/http_client.ts";
import { createSender } from "../../../src/registry/send_authorized.ts";

const HOME = "http://127.0.0.1:5000";
const BLOB = new URL("/v2/x/blobs/1", HOME);
const LOGIN: Credentials = { kind: "password", username: "a", password: "p" };
const BASIC = `Basic ${btoa("a:p")}`;
const BEARER = `Bearer realm="${HOME}/token"`;

type Answer = Response | Promise<Response>;

/** A client that gives answers in turn, and notes what it is asked. */
function clientOf(...answers: readonly (() => Answer)[]) {
  const asked: string[] = [];
  const left = [...answers];
  const client: HttpClient = {
    async send(url, { headers = {}, signal } = {}) {
      signal?.throwIfAborted();
      const place = url.origin === HOME ? url.pathname : url.href;
      const query = url.origin === HOME ? url.search : "";
      asked.push(`${place}${query} ${headers["authorization"] ?? "-"}`);
      const answer = left.shift();
      if (answer === undefined) throw new Error("asked once too often");
      return await answer();
    },
    [Symbol.dispose]() {},
  };
  return { client, asked };
}

function senderOf(client: HttpClient, credentials?: Credentials) {
  return createSender(client, {
    registry: new URL(HOME),
    scopes: ["s"],
    ...{ credentials, retry: { tries: 1 } },
  });
}

const ok = () => new Response("ok");
const refuse = (challenge?: string, status = 401) => () =>
  new Response("no", {
    status,
    headers: challenge === undefined ? {} : { "www-authenticate": challenge },
  });
const token = (value: string) => () => Response.json({ token: value });
const asking = (scope: string, status = 401) =>
  refuse(`${BEARER},error="insufficient_scope",scope="${scope}"`, status);

/** What is answered in turn, what is asked for that, and what comes of it. */
type Case = readonly [
  name: string,
  credentials: Credentials | undefined,
  answers: readonly (() => Answer)[],
  asked: readonly string[],
  status: number,
];

const [ME, ROOT] = ["/v2/x/blobs/1", "/v2/"];
const TOKEN = "/token?scope=s";

const CASES: readonly Case[] = [
  ["no login is needed", LOGIN, [ok], [`${ME} -`], 200],
  [
    "a password",
    LOGIN,
    [refuse("Basic realm=r"), ok],
    [`${ME} -`, `${ME} ${BASIC}`],
    200,
  ],
  [
    "a password that is refused",
    LOGIN,
    [refuse("Basic realm=r"), refuse("Basic realm=r")],
    [`${ME} -`, `${ME} ${BASIC}`],
    401,
  ],
  [
    "a token",
    undefined,
    [refuse(BEARER), token("t"), ok],
    [`${ME} -`, `${TOKEN} -`, `${ME} Bearer t`],
    200,
  ],
  [
    "a token by a password",
    LOGIN,
    [refuse(BEARER), token("t"), ok],
    [`${ME} -`, `${TOKEN}&account=a ${BASIC}`, `${ME} Bearer t`],
    200,
  ],
  [
    "a challenge that the root has",
    LOGIN,
    [refuse(), refuse("Basic realm=r"), ok],
    [`${ME} -`, `${ROOT} -`, `${ME} ${BASIC}`],
    200,
  ],
  [
    "no challenge at all",
    LOGIN,
    [refuse(), refuse()],
    [`${ME} -`, `${ROOT} -`],
    401,
  ],
  ["403", LOGIN, [refuse("Basic realm=r", 403)], [`${ME} -`], 403],
  ["404", LOGIN, [refuse("Basic realm=r", 404)], [`${ME} -`], 404],
  [
    "one more scope",
    undefined,
    [refuse(BEARER), token("t"), asking("more", 403), token("u"), ok],
    [
      ...[`${ME} -`, `${TOKEN} -`, `${ME} Bearer t`],
      ...[`${TOKEN}&scope=more -`, `${ME} Bearer u`],
    ],
    200,
  ],
  [
    "no third login",
    undefined,
    [
      ...[refuse(BEARER), token("t"), asking("b"), token("u"), asking("c")],
    ],
    [
      ...[`${ME} -`, `${TOKEN} -`, `${ME} Bearer t`],
      ...[`${TOKEN}&scope=b -`, `${ME} Bearer u`],
    ],
    401,
  ],
  [
    "no scope that it has",
    undefined,
    [asking("s"), token("t"), asking("s")],
    [`${ME} -`, `${TOKEN} -`, `${ME} Bearer t`],
    401,
  ],
  [
    "no login for whom a redirect leads to",
    LOGIN,
    [
      () => Response.redirect("http://127.0.0.1:6000/b", 307),
      refuse("Basic realm=r"),
    ],
    [`${ME} -`, "http://127.0.0.1:6000/b -"],
    401,
  ],
  [
    "nor by whom the root leads to",
    LOGIN,
    [
      refuse(),
      () => Response.redirect("http://127.0.0.1:6000/b", 307),
      refuse("Basic realm=r"),
    ],
    [`${ME} -`, `${ROOT} -`, "http://127.0.0.1:6000/b -"],
    401,
  ],
];

Deno.test("a sender logs in as it is asked to, and no oftener", async (t) => {
  for (const [name, credentials, answers, expected, status] of CASES) {
    await t.step(name, async () => {
      const { client, asked } = clientOf(...answers);
      const response = await senderOf(client, credentials).send(BLOB, {});
      assertEquals([asked, response.status], [expected, status]);
      // What it gives back is unread.
      assertEquals(await response.text(), status === 200 ? "ok" : "no");
    });
  }
});

Deno.test("a sender keeps its login for its own origin", async () => {
  const { client, asked } = clientOf(
    ...[refuse("Basic realm=r"), ok, ok, ok, refuse("Basic realm=r")],
  );
  const { send } = senderOf(client, LOGIN);
  await send(BLOB, {});
  await send(BLOB, { method: "HEAD" });
  for (const port of [6000, 6001]) {
    await send(new URL(`http://127.0.0.1:${port}/b`), {});
  }
  assertEquals(asked, [
    ...[`${ME} -`, `${ME} ${BASIC}`, `${ME} ${BASIC}`],
    ...["http://127.0.0.1:6000/b -", "http://127.0.0.1:6001/b -"],
  ]);
});

Deno.test("a sender uses the login that another request has had meanwhile", async () => {
  const late = Promise.withResolvers<Response>();
  const { client, asked } = clientOf(
    () => late.promise,
    ...[refuse(BEARER), token("t"), ok, ok],
  );
  const { send } = senderOf(client);
  const waiting = send(BLOB, {});
  assertEquals((await send(BLOB, {})).status, 200);
  late.resolve(refuse(BEARER)());
  assertEquals((await waiting).status, 200);
  assertEquals(asked, [
    ...[`${ME} -`, `${ME} -`, `${TOKEN} -`],
    ...[`${ME} Bearer t`, `${ME} Bearer t`],
  ]);
});

Deno.test("a sender logs in beforehand where that is expected", async () => {
  const { client, asked } = clientOf(ok, ok, token("t"), ok);
  const sender = senderOf(client, LOGIN);
  sender.expectLogin(refuse("Basic realm=r")());
  await sender.send(BLOB, {});
  const more = sender.extend(["b"]);
  await more.send(BLOB, {});
  more.expectLogin(refuse(BEARER)());
  await more.send(BLOB, {});
  assertEquals(asked, [
    ...[`${ME} ${BASIC}`, `${ME} ${BASIC}`],
    ...[`${TOKEN}&scope=b&account=a ${BASIC}`, `${ME} Bearer t`],
  ]);
});

Deno.test("a sender reads no refusal that it answers, and keeps none that it cannot", async (t) => {
  for (const challenge of ["Basic realm=r", "Digest realm=r"]) {
    await t.step(challenge, async () => {
      let isCancelled = false;
      const stream = new ReadableStream({
        pull() {},
        cancel: () => void (isCancelled = true),
      });
      const headers = { "www-authenticate": challenge };
      const { client, asked } = clientOf(
        () => new Response(stream, { status: 401, headers }),
        ok,
      );
      const sent = senderOf(client, LOGIN).send(BLOB, {});
      if (challenge.startsWith("Basic")) await sent;
      else {
        const error = await assertRejects(() => sent, UnauthorizedError);
        assertEquals(
          [error.message, error.status],
          [
            'Cannot log in to "127.0.0.1:5000": it offers no known way to ' +
            "(digest)",
            401,
          ],
        );
        assertEquals(asked.length, 1);
      }
      assertEquals(isCancelled, Boolean(challenge));
    });
  }
});

Deno.test("a sender ends with its caller's signal", async (t) => {
  const enough = new Error("enough");
  const cases = {
    "before the first request": [],
    "before the challenge of the root": [refuse()],
    "before a token": [refuse(BEARER)],
    "before the request with a token": [refuse(BEARER), token("t")],
    "before a token for more": [refuse(BEARER), token("t"), asking("more")],
  };
  for (const [name, answers] of Object.entries(cases)) {
    await t.step(name, async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const steps = answers.map((answer, index) => () => {
        if (index === answers.length - 1) controller.abort(enough);
        return answer();
      });
      if (answers.length === 0) controller.abort(enough);
      const { client, asked } = clientOf(...steps);
      const error = await assertRejects(
        () => senderOf(client).send(BLOB, { signal }),
        Error,
      );
      assertEquals([error, asked.length], [enough, answers.length]);
    });
  }
});
