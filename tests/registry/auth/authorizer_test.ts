import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UnauthorizedError } from "../../../src/errors/image_errors.ts";
import type { Credentials } from "../../../src/formats/config/auth_file.ts";
import {
  type Authorizer,
  createAuthorizer,
} from "../../../src/registry/auth/authorizer.ts";
import { createHttpClient } from "../../../src/registry/http_client.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";

interface Service {
  readonly authorizer: Authorizer;
  /** A challenge that names it. */
  readonly challenge: string;
  /** The scopes of each request for a token. */
  readonly asked: readonly (readonly string[])[];
}

/** Runs with a token service that gives `t1`, `t2`, and so on. */
async function withService(
  act: (service: Service) => Promise<void>,
  credentials?: Credentials,
): Promise<void> {
  const asked: string[][] = [];
  await using server = serveHostile((request) => {
    asked.push(new URL(request.url).searchParams.getAll("scope"));
    return Response.json({ token: `t${asked.length}` });
  });
  using client = createHttpClient();
  const authorizer = createAuthorizer(client, {
    registry: new URL(`http://${server.host}`),
    scopes: ["repository:x:pull"],
    credentials,
  });
  const challenge = `Bearer realm="http://${server.host}/token"`;
  await act({ authorizer, challenge, asked });
}

const NOW = { status: 401 };
const [isYes, isNo] = [true, false];

Deno.test("createAuthorizer() has no header until it is challenged", async () => {
  await withService(async ({ authorizer, challenge, asked }) => {
    assertEquals(authorizer.header, undefined);
    assertEquals(await authorizer.prepare({}), undefined);
    assertEquals(await authorizer.answer(challenge, NOW), "Bearer t1");
    assertEquals(authorizer.header, "Bearer t1");
    assertEquals(await authorizer.prepare({}), "Bearer t1");
    assertEquals(asked, [["repository:x:pull"]]);
  });
});

Deno.test("answer() gets one token for all that wait, and then another", async () => {
  await withService(async ({ authorizer, challenge, asked }) => {
    const both = Array.from(
      { length: 5 },
      () => authorizer.answer(challenge, NOW),
    );
    assertEquals(await Promise.all(both), Array(5).fill("Bearer t1"));
    assertEquals(await authorizer.answer(challenge, NOW), "Bearer t2");
    assertEquals(asked.length, 2);
  });
});

Deno.test("answer() asks for a right once it is known to be lacking", async () => {
  await withService(async ({ authorizer, challenge, asked }) => {
    const more = `${challenge},error="insufficient_scope",scope="a  b"`;
    assertEquals(authorizer.asksForMore(more), isYes);
    assertEquals(authorizer.asksForMore(challenge), isNo);
    const unnamed = `${challenge},error="insufficient_scope"`;
    assertEquals(authorizer.asksForMore(unnamed), isNo);
    const other = `${challenge},error="invalid_token",scope="c"`;
    assertEquals(authorizer.asksForMore(other), isNo);
    assertEquals(authorizer.asksForMore(null), isNo);
    assertEquals(authorizer.asksForMore('"'), isNo);
    await authorizer.answer(more, NOW);
    assertEquals(authorizer.asksForMore(more), isNo);
    await authorizer.answer(challenge, NOW);
    const scopes = ["repository:x:pull", "a", "b"];
    assertEquals(asked, [scopes, scopes]);
  });
});

Deno.test("expect() logs in with the next request, and no sooner", async () => {
  await withService(async ({ authorizer, challenge, asked }) => {
    authorizer.expect(challenge, NOW);
    assertEquals([authorizer.header, asked.length], [undefined, 0]);
    assertEquals(await authorizer.prepare({}), "Bearer t1");
    assertEquals(await authorizer.prepare({}), "Bearer t1");
    assertEquals(asked, [["repository:x:pull"]]);
    const error = assertThrows(
      () => authorizer.expect("Digest", { status: 403 }),
      UnauthorizedError,
      "it offers no known way to (digest)",
    );
    assertEquals(error.status, 403);
    assertEquals(authorizer.header, "Bearer t1");
  });
});

Deno.test("expect() keeps the status for what cannot be answered", async () => {
  await withService(async ({ authorizer }) => {
    authorizer.expect("Basic realm=r", { status: 403 });
    const error = await assertRejects(
      () => authorizer.prepare({}),
      UnauthorizedError,
      "it wants a user name and a password, and there are none; use orlop " +
        "login or --creds",
    );
    assertEquals(error.status, 403);
  });
});

Deno.test("extend() logs in for more at once, by what is known", async () => {
  await withService(async ({ authorizer, challenge, asked }) => {
    const early = authorizer.extend(["a"]);
    assertEquals(await early.prepare({}), undefined);
    await authorizer.answer(challenge, NOW);
    const more = authorizer.extend(["a", "b"]);
    assertEquals(more.header, undefined);
    assertEquals(await more.prepare({}), "Bearer t2");
    assertEquals(await more.prepare({}), "Bearer t2");
    // The one that it was made from stays as it was.
    assertEquals(await authorizer.prepare({}), "Bearer t1");
    const scopes = ["repository:x:pull"];
    assertEquals(asked, [scopes, [...scopes, "a", "b"]]);
  });
});

Deno.test("answer() ends with its caller's signal", async () => {
  await withService(async ({ authorizer, challenge, asked }) => {
    const signal = AbortSignal.abort(new Error("enough"));
    const answered = () => authorizer.answer(challenge, { ...NOW, signal });
    await assertRejects(answered, Error, "enough");
    authorizer.expect(challenge, NOW);
    await assertRejects(() => authorizer.prepare({ signal }), Error, "enough");
    assertEquals(asked, []);
    // What failed is not kept.
    assertEquals(await authorizer.answer(challenge, NOW), "Bearer t1");
  });
});

Deno.test("answer() chooses what names a service, else Basic", async (t) => {
  const login: Credentials = {
    kind: "password",
    username: "ann",
    password: "p",
  };
  const basic = `Basic ${btoa("ann:p")}`;
  const cases: readonly (readonly [string, string])[] = [
    ["REALM", "Bearer t1"],
    ["Bearer x=y, REALM", "Bearer t1"],
    ["Basic realm=r, REALM", "Bearer t1"],
    ["Bearer x=y, Basic realm=r", basic],
    ["Digest realm=r, Basic realm=r", basic],
  ];
  for (const [template, expected] of cases) {
    await t.step(template, async () => {
      await withService(async ({ authorizer, challenge }) => {
        const header = template.replace("REALM", challenge);
        assertEquals(await authorizer.answer(header, NOW), expected);
      }, login);
    });
  }
});

Deno.test("answer() needs no service for what is a header already", async (t) => {
  const cases: readonly (readonly [string, Credentials, string])[] = [
    [
      "Bearer",
      { kind: "registry-token", token: "given" },
      "Bearer given",
    ],
    [
      'Basic realm="r"',
      { kind: "registry-token", token: "given" },
      "Bearer given",
    ],
    [
      'Basic realm="r"',
      { kind: "password", username: "ä", password: "b:c" },
      `Basic ${new TextEncoder().encode("ä:b:c").toBase64()}`,
    ],
  ];
  for (const [challenge, credentials, expected] of cases) {
    await t.step(`${challenge}, ${credentials.kind}`, async () => {
      await withService(async ({ authorizer, asked }) => {
        assertEquals(await authorizer.answer(challenge, NOW), expected);
        assertEquals(await authorizer.prepare({}), expected);
        assertEquals(asked, []);
      }, credentials);
    });
  }
});

Deno.test("answer() reports why it cannot, and keeps the status", async (t) => {
  const identity: Credentials = { kind: "identity-token", token: "t" };
  const cases: readonly (readonly [
    string | null,
    Credentials | undefined,
    string,
  ])[] = [
    [null, undefined, "it offers no known way to (none at all)"],
    ["Negotiate, Digest realm=r", undefined, "(negotiate, digest)"],
    ['Bearer realm="', undefined, "Cannot parse challenge"],
    ["Basic realm=r", undefined, "it wants a user name and a password"],
    ["Basic realm=r", identity, "it wants a user name and a password"],
  ];
  for (const [challenge, credentials, why] of cases) {
    await t.step(`${challenge} ${credentials?.kind}`, async () => {
      await withService(async ({ authorizer }) => {
        const error = await assertRejects(
          () => authorizer.answer(challenge, { status: 403 }),
          UnauthorizedError,
          why,
        );
        assertEquals(error.status, 403);
        const isOdd = why === "Cannot parse challenge";
        assertEquals(error.reason, isOdd ? "malformed" : "answered");
      }, credentials);
    });
  }
});
