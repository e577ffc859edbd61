/** Logins as real registries and their token services have them. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  RegistryError,
  UnauthorizedError,
} from "../../../src/errors/image_errors.ts";
import type { Credentials } from "../../../src/formats/config/auth_file.ts";
import { OCI_MANIFEST } from "../../../src/formats/oci/media_types.ts";
import { Repository } from "../../../src/registry/repository.ts";
import {
  type HostileServer,
  type SeenRequest,
  serveHostile,
} from "../../support/servers/hostile_server.ts";

const PASSWORD: Credentials = {
  kind: "password",
  username: "ann",
  password: "secret",
};
const BASIC = `Basic ${btoa("ann:secret")}`;
const IDENTITY: Credentials = {
  kind: "identity-token",
  token: "identity",
  username: "00000000",
};

/** What services write, with HOST for the test's own. */
const CHALLENGES: Readonly<Record<string, string>> = {
  "Docker Hub":
    'Bearer realm="http://HOST/token",service="registry.docker.io",' +
    'scope="repository:library/busybox:pull"',
  "GHCR": 'Bearer realm="http://HOST/token",service="ghcr.io",' +
    'scope="repository:user/image:pull"',
  "Quay": 'Bearer realm="http://HOST/token",service="quay.io"',
  "GCR": 'Bearer realm="http://HOST/token",service="gcr.io"',
  "GitLab": 'Bearer realm="http://HOST/token",' +
    'service="container_registry",scope="repository:group/project:pull",' +
    'error="invalid_token"',
  "ACR": 'Bearer realm="http://HOST/token",service="my.azurecr.io",' +
    'scope="repository:a:metadata_read", error="unauthorized"',
  "Harbor": 'Bearer realm="http://HOST/token",service="harbor-registry", ' +
    'Basic realm="harbor"',
  "Basic first": 'Basic realm="r", Bearer realm="http://HOST/token"',
  "Negotiate first":
    'Negotiate, Negotiate YWJj=, Bearer realm="http://HOST/token"',
  "Artifactory, no quotes": "Bearer realm=http://HOST/token,service=HOST," +
    "scope=repository:docker-local/a:pull",
  "capital letters": 'BEARER REALM="http://HOST/token", Service="x"',
  "blanks": 'Bearer  realm = "http://HOST/token" ,  service = "x"',
  "a scope with commas": 'Bearer realm="http://HOST/token",' +
    'scope="repository:a:pull,push"',
  "an empty service": 'Bearer realm="http://HOST/token",service="",scope=""',
  "a realm with a query": 'Bearer realm="http://HOST/token?tenant=1"',
  "two, of which one has no realm": 'Bearer service="x", ' +
    'Bearer realm="http://HOST/token"',
};

Deno.test("a token is had whatever the challenge looks like", async (t) => {
  for (const [name, challenge] of Object.entries(CHALLENGES)) {
    await t.step(name, async () => {
      await using server = serveRegistry({ challenge });
      using repository = connect(server.host, PASSWORD);
      await repository.fetchManifest();
      const [token, ...more] = tokensOf(server);
      assertEquals(more, []);
      assertEquals(token?.headers.get("authorization"), BASIC);
      const { searchParams } = new URL(token?.url ?? "");
      assertEquals(searchParams.getAll("scope"), ["repository:x:pull"]);
    });
  }
});

Deno.test("Basic is answered where nothing else is offered", async (t) => {
  const challenges: Readonly<Record<string, string>> = {
    "ECR": 'Basic realm="https://1.dkr.ecr.eu-west-1.amazonaws.com/",' +
      'service="ecr.amazonaws.com"',
    "htpasswd": 'Basic realm="Registry Realm"',
    "with a charset": 'Basic realm="r", charset="UTF-8"',
    "no realm": "Basic",
    "Bearer has no realm": 'Bearer service="x", Basic realm="r"',
  };
  for (const [name, challenge] of Object.entries(challenges)) {
    await t.step(name, async () => {
      await using server = serveRegistry({ challenge, wants: BASIC });
      using repository = connect(server.host, PASSWORD);
      await repository.fetchManifest();
      assertEquals(server.requests.length, 2);
    });
  }
});

Deno.test("a challenge that only the registry's root sends is found", async () => {
  await using server = serveHostile((request) => {
    const { pathname, host } = new URL(request.url);
    if (pathname === "/token") return Response.json({ token: "t1" });
    if (request.headers.get("authorization") === "Bearer t1") return manifest();
    const realm = `Bearer realm="http://${host}/token"`;
    return pathname === "/v2/"
      ? refuse(realm)
      : new Response("no", { status: 401 });
  });
  using repository = connect(server.host);
  await repository.fetchManifest();
});

Deno.test("a 401 without any challenge is what the registry says", async () => {
  await using server = serveHostile(() =>
    Response.json({ errors: [{ code: "DENIED", message: "go away" }] }, {
      status: 401,
    })
  );
  using repository = connect(server.host, PASSWORD);
  await assertRejects(
    () => repository.fetchManifest(),
    UnauthorizedError,
    "(401 DENIED: go away)",
  );
});

const TOKENS: Readonly<Record<string, unknown>> = {
  "token": { token: "t1" },
  "access_token": { access_token: "t1" },
  "both": { token: "t1", access_token: "other" },
  "token is empty": { token: "", access_token: "t1" },
  "token is null": { token: null, access_token: "t1" },
  "access_token is empty": { token: "t1", access_token: "" },
  "expires_in 0": { token: "t1", expires_in: 0 },
  "expires_in is text": { token: "t1", expires_in: "300" },
  "expires_in has a fraction": { token: "t1", expires_in: 300.5 },
  "expires_in is null": { token: "t1", expires_in: null },
  "expires_in is negative": { token: "t1", expires_in: -1 },
  "expires_in is huge": { token: "t1", expires_in: 1e300 },
  "expires_in is nonsense": { token: "t1", expires_in: { a: 1 } },
  "issued_at is nonsense": { token: "t1", issued_at: "yesterday" },
  "issued_at is a number": { token: "t1", issued_at: 1_700_000_000 },
  "a refresh token": { token: "t1", refresh_token: "r", scope: "x" },
};

Deno.test("a token is found whatever stands beside it", async (t) => {
  for (const [name, answer] of Object.entries(TOKENS)) {
    await t.step(name, async () => {
      await using server = serveRegistry({
        answer: () => Response.json(answer),
      });
      using repository = connect(server.host);
      await repository.fetchManifest();
      await repository.fetchManifest();
      assertEquals(tokensOf(server).length, 1);
    });
  }
});

Deno.test("a right that a login lacks is asked for, once", async (t) => {
  const error = 'error="insufficient_scope"';
  const cases: Readonly<
    Record<
      string,
      readonly [status: number, scope: string, scopes: readonly string[]]
    >
  > = {
    "401": [401, "repository:group/x:pull", ["repository:group/x:pull"]],
    "403": [403, "repository:group/x:pull", ["repository:group/x:pull"]],
    "two": [401, "repository:a:pull repository:b:pull", [
      "repository:a:pull",
      "repository:b:pull",
    ]],
  };
  for (const [name, [status, scope, scopes]] of Object.entries(cases)) {
    await t.step(name, async () => {
      await using server = serveRegistry({
        answer: (url) =>
          Response.json({
            token: url.searchParams.getAll("scope").includes(scopes[0] ?? "")
              ? "t1"
              : "narrow",
          }),
        refusal: (host, authorization) =>
          authorization === "Bearer narrow"
            ? refuse(
              `Bearer realm="http://${host}/token",scope="${scope}",${error}`,
              status,
            )
            : undefined,
      });
      using repository = connect(server.host, PASSWORD);
      await repository.fetchManifest();
      const asked = tokensOf(server).map(({ url }) =>
        new URL(url).searchParams.getAll("scope")
      );
      assertEquals(asked, [["repository:x:pull"], [
        "repository:x:pull",
        ...scopes,
      ]]);
    });
  }
  await t.step("for ever", async () => {
    let count = 0;
    await using server = serveHostile(({ url }) => {
      const { host, pathname } = new URL(url);
      if (pathname === "/token") return Response.json({ token: "t" });
      return refuse(
        `Bearer realm="http://${host}/token",scope="s${count++}",${error}`,
      );
    });
    using repository = connect(server.host);
    await assertRejects(() => repository.fetchManifest(), UnauthorizedError);
    assertEquals(tokensOf(server).length, 2);
  });
  await t.step("which the login has", async () => {
    await using server = serveHostile(({ url }) => {
      const { host, pathname } = new URL(url);
      if (pathname === "/token") return Response.json({ token: "t" });
      return refuse(
        `Bearer realm="http://${host}/token",scope="repository:x:pull",${error}`,
      );
    });
    using repository = connect(server.host);
    await assertRejects(() => repository.fetchManifest(), UnauthorizedError);
    assertEquals(tokensOf(server).length, 1);
  });
});

Deno.test("a 403 is final, and so is a token service's refusal", async (t) => {
  await t.step("403", async () => {
    await using server = serveHostile(() =>
      new Response(null, { status: 403 })
    );
    using repository = connect(server.host, PASSWORD);
    await assertRejects(
      () => repository.fetchManifest(),
      UnauthorizedError,
      "(403)",
    );
    assertEquals(server.requests.length, 1);
  });
  for (const status of [401, 403]) {
    await t.step(`token service: ${status}`, async () => {
      await using server = serveRegistry({
        answer: () => new Response(null, { status }),
      });
      using repository = connect(server.host, PASSWORD);
      const error = await assertRejects(
        () => repository.fetchManifest(),
        UnauthorizedError,
        "Cannot log in to",
      );
      assertStringIncludes(error.message, `(${status})`);
      assertEquals(tokensOf(server).length, 1);
    });
  }
});

Deno.test("an identity token goes by POST, and by GET where there is none", async (t) => {
  for (const status of [200, 400, 401, 404, 405]) {
    await t.step(`POST answers ${status}`, async () => {
      await using server = serveRegistry({
        answer: (_url, { method }) =>
          method === "POST" && status !== 200
            ? new Response(null, { status })
            : Response.json({ access_token: "t1" }),
      });
      using repository = connect(server.host, IDENTITY);
      await repository.fetchManifest();
      const asked = tokensOf(server).map(({ method, headers }) => [
        method,
        headers.get("authorization"),
      ]);
      const get = ["GET", `Basic ${btoa("00000000:identity")}`];
      assertEquals(asked, [["POST", null], ...(status === 200 ? [] : [get])]);
    });
  }
});

Deno.test("a challenge that names no token service says so", async (t) => {
  for (
    const challenge of [
      "Bearer",
      'Bearer service="x"',
      'Bearer realm=""',
      'Bearer realm="/token"',
    ]
  ) {
    await t.step(challenge, async () => {
      await using server = serveRegistry({ challenge });
      using repository = connect(server.host);
      await assertRejects(
        () => repository.fetchManifest(),
        RegistryError,
        "refused (no URL)",
      );
    });
  }
});

/** A registry that gives its manifest for one header only. */
function serveRegistry(
  {
    challenge = 'Bearer realm="http://HOST/token"',
    wants = "Bearer t1",
    answer = () => Response.json({ token: "t1" }),
    refusal = () => undefined,
  }: {
    readonly challenge?: string;
    readonly wants?: string;
    readonly answer?: (url: URL, request: Request) => Response;
    readonly refusal?: (
      host: string,
      authorization: string | null,
    ) => Response | undefined;
  },
): HostileServer {
  return serveHostile((request) => {
    const url = new URL(request.url);
    if (url.pathname === "/token") return answer(url, request);
    const authorization = request.headers.get("authorization");
    if (authorization === wants) return manifest();
    return refusal(url.host, authorization) ??
      refuse(challenge.replaceAll("HOST", url.host));
  });
}

function connect(host: string, credentials?: Credentials): Repository {
  return new Repository({
    registry: new URL(`http://${host}`),
    ...{ path: "x", name: "1", title: "x:1", credentials },
    retry: { tries: 2, delayMs: 1 },
  });
}

function tokensOf({ requests }: HostileServer): readonly SeenRequest[] {
  return requests.filter(({ url }) => new URL(url).pathname === "/token");
}

function manifest(): Response {
  return new Response('{"schemaVersion":2}', {
    headers: { "content-type": OCI_MANIFEST },
  });
}

function refuse(challenge: string, status = 401): Response {
  return new Response("{}", {
    status,
    headers: { "www-authenticate": challenge },
  });
}
