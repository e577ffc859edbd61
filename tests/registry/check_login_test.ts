import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  RegistryError,
  UnauthorizedError,
} from "../../src/errors/image_errors.ts";
import { PolicyError } from "../../src/errors/store_errors.ts";
import type { Credentials } from "../../src/formats/config/auth_file.ts";
import { checkLogin } from "../../src/registry/check_login.ts";
import { loadRegistriesConf } from "../../src/registry/config/load_registries_conf.ts";
import {
  type HostileServer,
  serveHostile,
} from "../support/servers/hostile_server.ts";
import { tempDir } from "../support/temp_dir.ts";

const PASSWORD: Credentials = {
  kind: "password",
  username: "ann",
  password: "secret",
};
const BASIC = `Basic ${btoa("ann:secret")}`;

/** Tries a login, where registries.conf may say something of HOST. */
async function check(
  { host }: Pick<HostileServer, "host">,
  { conf = "", credentials = PASSWORD, ...options }: {
    readonly conf?: string;
    readonly credentials?: Credentials;
    readonly signal?: AbortSignal;
    readonly tlsVerify?: boolean;
  } = {},
): Promise<Credentials> {
  using dir = tempDir();
  const registriesConf = dir.join("registries.conf");
  await Deno.writeTextFile(registriesConf, conf.replaceAll("HOST", host));
  const place = {
    registriesConf,
    systemDirectory: dir.join("etc"),
    vendorDirectory: dir.join("usr"),
    env: { HOME: dir.path },
  };
  return await checkLogin(host, credentials, {
    ...{ ...place, ...options, retry: { tries: 1 } },
    conf: await loadRegistriesConf(place),
  });
}

/** A registry that takes one header, and else refuses with a challenge. */
function serveLogin(
  challenge = "Basic realm=r",
  takes = BASIC,
  answer: (request: Request) => Response | Promise<Response> = () =>
    new Response(null, { status: 500 }),
) {
  return serveHostile((request) => {
    const { pathname, host } = new URL(request.url);
    if (pathname === "/token") return answer(request);
    if (request.headers.get("authorization") === takes) {
      return new Response("{}");
    }
    return Response.json({ errors: [{ code: "DENIED" }] }, {
      status: 401,
      headers: { "www-authenticate": challenge.replaceAll("HOST", host) },
    });
  });
}

const asked = ({ requests }: HostileServer) =>
  requests.map(({ method, url, headers }) =>
    `${method} ${new URL(url).pathname} ${headers.get("authorization")}`
  );

Deno.test("checkLogin() asks the registry's root, and nothing else", async () => {
  await using server = serveLogin();
  assertEquals(await check(server), PASSWORD);
  assertEquals(asked(server), ["GET /v2/ null", `GET /v2/ ${BASIC}`]);
});

Deno.test("checkLogin() takes any credentials where none are asked for", async () => {
  await using server = serveHostile(() => new Response("{}"));
  assertEquals(await check(server), PASSWORD);
  assertEquals(asked(server), ["GET /v2/ null"]);
});

Deno.test("checkLogin() asks no registry that is blocked", async () => {
  await using server = serveLogin();
  const conf = '[[registry]]\nlocation = "HOST"\nblocked = true\n';
  const error = await assertRejects(
    () => check(server, { conf }),
    PolicyError,
    `Cannot log in to "${server.host}": it is blocked in "`,
  );
  assert(/registries\.conf"$/.test(error.message));
  assertEquals(server.requests, []);
});

Deno.test("checkLogin() distinguishes a refusal from other failures", async (t) => {
  const cases: readonly (readonly [number, boolean, string])[] = [
    [401, true, "invalid username/password"],
    [403, true, "it does not exist or needs (other) credentials"],
    [404, false, "the registry does not have it (404 ODD)"],
    [429, false, "rate limit of the registry (429 ODD)"],
    [500, false, "the registry failed (500 ODD)"],
  ];
  for (const [status, isRefusal, why] of cases) {
    await t.step(`${status}`, async () => {
      await using server = serveHostile(({ headers }) => {
        const isFirst = !headers.has("authorization");
        const challenge = { "www-authenticate": "Basic realm=r" };
        return Response.json({ errors: [{ code: "ODD" }] }, {
          status: isFirst ? 401 : status,
          headers: isFirst || status === 401 ? challenge : {},
        });
      });
      const error = await assertRejects(() => check(server), RegistryError);
      assertEquals(error instanceof UnauthorizedError, isRefusal);
      const what = `Cannot log in to "${server.host}": `;
      assertEquals(error.message.slice(0, what.length), what);
      assert(error.message.slice(what.length).startsWith(why));
      assertEquals([error.status, error.code], [status, "ODD"]);
      const { cause } = error;
      assertEquals(cause instanceof UnauthorizedError, status === 401);
    });
  }
});

Deno.test("checkLogin() keeps an identity token that the registry takes", async (t) => {
  const challenge = 'Bearer realm="http://HOST/token"';
  const identity: Credentials = {
    ...{ kind: "identity-token", username: "ann", token: "r" },
  } as const;
  const give = (refresh?: string) => () =>
    Response.json({ token: "t", "refresh_token": refresh });
  const cases: readonly (readonly [
    string,
    (request: Request) => Response,
    Credentials,
    Credentials,
    string[],
  ])[] = [
    ["it gives none", give(), PASSWORD, PASSWORD, ["GET"]],
    ["it gives one", give("r"), PASSWORD, identity, ["GET", "POST"]],
    [
      "it takes none",
      ({ method }) =>
        method === "GET" ? give("r")() : new Response("no", { status: 403 }),
      PASSWORD,
      PASSWORD,
      ["GET", "POST"],
    ],
    [
      "of such a one it gives another",
      give("other"),
      identity,
      identity,
      ["POST"],
    ],
  ];
  for (const [name, answer, credentials, expected, methods] of cases) {
    await t.step(name, async () => {
      await using server = serveLogin(challenge, "Bearer t", answer);
      assertEquals(await check(server, { credentials }), expected);
      const tokens = server.requests
        .filter(({ url }) => new URL(url).pathname === "/token");
      assertEquals(tokens.map(({ method }) => method), methods);
    });
  }
});

Deno.test("checkLogin() ends with its caller's signal", async (t) => {
  const enough = new Error("enough");
  await t.step("before", async () => {
    await using server = serveLogin();
    const signal = AbortSignal.abort(enough);
    const error = await assertRejects(() => check(server, { signal }), Error);
    assertEquals([error, server.requests], [enough, []]);
  });
  await t.step("while it tries an identity token", async () => {
    const controller = new AbortController();
    const challenge = 'Bearer realm="http://HOST/token"';
    await using server = serveLogin(challenge, "Bearer t", ({ method }) => {
      if (method === "POST") controller.abort(enough);
      return Response.json({ token: "t", "refresh_token": "r" });
    });
    const { signal } = controller;
    const error = await assertRejects(() => check(server, { signal }), Error);
    assertEquals(error, enough);
  });
});
