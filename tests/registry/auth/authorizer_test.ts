import { assertEquals, assertRejects } from "@std/assert";
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
    assertEquals(authorizer.asksForMore(null), isNo);
    assertEquals(authorizer.asksForMore('"'), isNo);
    await authorizer.answer(more, NOW);
    assertEquals(authorizer.asksForMore(more), isNo);
    await authorizer.answer(challenge, NOW);
    const scopes = ["repository:x:pull", "a", "b"];
    assertEquals(asked, [scopes, scopes]);
  });
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

Deno.test("answer() says why it cannot, and keeps the status", async (t) => {
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
      }, credentials);
    });
  }
});
