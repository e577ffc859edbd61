import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import {
  BlobMismatchError,
  RegistryError,
  UnauthorizedError,
} from "../../src/errors/image_errors.ts";
import type { Credentials } from "../../src/formats/config/auth_file.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import {
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../src/formats/oci/media_types.ts";
import { Repository } from "../../src/registry/repository.ts";
import { serveHostile } from "../support/servers/hostile_server.ts";

const MANIFEST = '{"schemaVersion":2}';
const BLOB = { mediaType: OCI_LAYER_GZIP, digest: digestOf("blob"), size: 4 };
const PASSWORD: Credentials = {
  kind: "password",
  username: "ann",
  password: "secret",
};

Deno.test("fetchManifest() asks for identity and all manifest types", async () => {
  await using server = serveHostile(() => manifest());
  using repository = connect(server.host);
  const raw = await repository.fetchManifest();
  assertEquals(raw.mediaType, OCI_MANIFEST);
  assertEquals(raw.digest, digestOf(MANIFEST));
  const [request] = server.requests;
  assertEquals(request?.headers.get("accept-encoding"), "identity");
  assert(request?.headers.get("accept")?.startsWith(OCI_MANIFEST));
});

Deno.test("fetchManifest() refuses other bytes than were asked for", async () => {
  await using server = serveHostile(() => manifest());
  using repository = connect(server.host);
  await assertRejects(
    () => repository.fetchManifest(digestOf("other")),
    BlobMismatchError,
    `Cannot pull "x:1": manifest is ${digestOf(MANIFEST)}, expected`,
  );
});

Deno.test("fetchManifest() refuses other bytes than the server says", async () => {
  const headers = { "docker-content-digest": digestOf("other") };
  await using server = serveHostile(() => manifest(headers));
  using repository = connect(server.host);
  await assertRejects(() => repository.fetchManifest(), BlobMismatchError);
});

Deno.test("fetchManifest() stops reading a huge manifest", async () => {
  await using server = serveHostile(() =>
    new Response(new Uint8Array(5 * 1024 * 1024))
  );
  using repository = connect(server.host);
  await assertRejects(
    () => repository.fetchManifest(),
    RegistryError,
    "larger than 4194304 bytes (reading stopped)",
  );
});

Deno.test("fetchManifest() refuses what is packed as nobody can unpack it", async () => {
  const headers = { "content-encoding": "br" };
  await using server = serveHostile(() => new Response("\v\x02", { headers }));
  using repository = connect(server.host);
  await assertRejects(
    () => repository.fetchManifest(),
    RegistryError,
    'Content-Encoding "br"',
  );
});

Deno.test("errors show the registry's words, cleaned", async () => {
  const body = { errors: [{ code: "DENIED", message: "no\u001b[2J\nway" }] };
  await using server = serveHostile(() => Response.json(body, { status: 403 }));
  using repository = connect(server.host);
  await assertRejects(
    () => repository.fetchManifest(),
    UnauthorizedError,
    "(403 DENIED: no [2J way)",
  );
});

Deno.test("fetchManifest() reports how long a rate limit asks to wait", async () => {
  await using server = serveHostile(() =>
    new Response(null, { status: 429, headers: { "retry-after": "86400" } })
  );
  using repository = connect(server.host);
  await assertRejects(
    () => repository.fetchManifest(),
    RegistryError,
    "rate limit of the registry, it asks to wait 86400 s",
  );
  assertEquals(server.requests.length, 1);
});

Deno.test("a redirect to another origin gets no login", async () => {
  await using other = serveHostile(() => new Response("blob"));
  await using server = serveHostile((request) => {
    if (request.headers.get("authorization") === null) return challengeBasic();
    return request.url.includes("/blobs/")
      ? Response.redirect(`http://${other.host}/presigned?secret=1`, 307)
      : manifest();
  });
  using repository = connect(server.host, PASSWORD);
  await repository.fetchManifest();
  const stream = await repository.open(BLOB);
  assertEquals(await new Response(stream).text(), "blob");
  assertEquals(other.requests[0]?.headers.get("authorization"), null);
  assertEquals(
    server.requests.at(-1)?.headers.get("authorization"),
    `Basic ${btoa("ann:secret")}`,
  );
});

Deno.test("nobody that a redirect leads to can ask for the login", async (t) => {
  const challenges: Readonly<Record<string, (host: string) => string>> = {
    "Basic": () => 'Basic realm="storage"',
    "Bearer": (host) => `Bearer realm="http://${host}/token"`,
    "a scope": (host) =>
      `Bearer realm="http://${host}/token",error="insufficient_scope",scope="s"`,
  };
  for (const [name, challengeOf] of Object.entries(challenges)) {
    await t.step(name, async () => {
      await using storage = serveHostile(({ url }) =>
        challenge(challengeOf(new URL(url).host))
      );
      await using server = serveHostile(() =>
        Response.redirect(`http://${storage.host}/blob`, 307)
      );
      using repository = connect(server.host);
      await assertRejects(
        () => repository.open(BLOB),
        UnauthorizedError,
        "401",
      );
      assertEquals(storage.requests.map(({ url }) => new URL(url).pathname), [
        "/blob",
      ]);
      assertEquals(server.requests.length, 1);
    });
  }
});

Deno.test("a redirect that comes back gets no login either", async () => {
  await using other = serveHostile(() =>
    Response.redirect(`http://${server.host}/chosen-by-others`, 307)
  );
  await using server = serveHostile((request) => {
    if (request.url.endsWith("/chosen-by-others")) return new Response("blob");
    if (request.headers.get("authorization") === null) return challengeBasic();
    return request.url.includes("/blobs/")
      ? Response.redirect(`http://${other.host}/`, 307)
      : manifest();
  });
  using repository = connect(server.host, PASSWORD);
  await repository.fetchManifest();
  const stream = await repository.open(BLOB);
  assertEquals(await new Response(stream).text(), "blob");
  assertEquals(server.requests.at(-1)?.headers.get("authorization"), null);
});

Deno.test("a blob that the registry lacks is had from its urls, without a login", async () => {
  await using elsewhere = serveHostile(() => new Response("blob"));
  await using server = serveHostile((request) => {
    if (request.headers.get("authorization") === null) return challengeBasic();
    return new Response(null, { status: 404 });
  });
  using repository = connect(server.host, PASSWORD);
  const urls = ["file:///etc/passwd", `http://${elsewhere.host}/blob?secret=1`];
  const stream = await repository.open({ ...BLOB, urls });
  assertEquals(await new Response(stream).text(), "blob");
  assertEquals(elsewhere.requests[0]?.headers.get("authorization"), null);
});

Deno.test("urls of blobs are held to the rules of redirects", async (t) => {
  const cases: [url: string, why: string][] = [
    ["file:///etc/passwd", "refused (scheme)"],
    ["http://169.254.169.254/?token=1", "refused (link-local address)"],
    ["http://[fd00:ec2::254]/", "refused (metadata address)"],
    ["http://u:token@127.0.0.1/", "refused (has a user name)"],
    ["blob", "refused (no URL)"],
  ];
  for (const [url, why] of cases) {
    await t.step(url, async () => {
      await using server = serveHostile(() =>
        new Response(null, { status: 404 })
      );
      using repository = connect(server.host);
      const error = await assertRejects(
        () => repository.open({ ...BLOB, urls: [url] }),
        RegistryError,
        why,
      );
      assertEquals([error.status, error.code], [404, "BLOB_UNKNOWN"]);
      assertFalse(error.message.includes("?token"));
    });
  }
});

Deno.test("redirects are refused where they lead astray", async (t) => {
  const cases: [to: string, why: string][] = [
    ["file:///etc/passwd", "(scheme)"],
    ["http://169.254.169.254/latest?token=1", "(link-local address)"],
    ["http://[fd00:ec2::254]/latest?token=1", "(metadata address)"],
    ["http://user:token@127.0.0.1/", "(has a user name)"],
    ["", "without a place"],
    ["loop", "more than 10 redirects"],
  ];
  for (const [to, why] of cases) {
    await t.step(to, async () => {
      await using server = serveHostile(({ url }) => {
        if (to === "") return new Response(null, { status: 302 });
        const location = to === "loop" ? url : to;
        return new Response(null, { status: 302, headers: { location } });
      });
      using repository = connect(server.host);
      const error = await assertRejects(
        () => repository.open(BLOB),
        RegistryError,
        why,
      );
      assert(!error.message.includes("token"));
    });
  }
});

Deno.test("a bearer challenge is answered with a token", async () => {
  await using server = serveToken({ token: "t1" });
  using repository = connect(server.host, PASSWORD);
  await repository.fetchManifest();
  const token = server.requests.find(({ url }) => url.includes("/token"));
  const { searchParams } = new URL(token?.url ?? "");
  assertEquals(searchParams.get("service"), "test");
  assertEquals(searchParams.get("scope"), "repository:x:pull");
  assertEquals(
    token?.headers.get("authorization"),
    `Basic ${btoa("ann:secret")}`,
  );
  const last = server.requests.at(-1);
  assertEquals(last?.headers.get("authorization"), "Bearer t1");
  await new Response(await repository.open(BLOB)).text();
  const tokens = server.requests.filter(({ url }) => url.includes("/token"));
  assertEquals(tokens.length, 1);
});

Deno.test("a bearer challenge is answered anonymously too", async () => {
  await using server = serveToken({ "access_token": "t1" });
  using repository = connect(server.host);
  await repository.fetchManifest();
  const last = server.requests.at(-1);
  assertEquals(last?.headers.get("authorization"), "Bearer t1");
});

Deno.test("an identity token is exchanged by POST", async () => {
  await using server = serveToken({ token: "t1" });
  using repository = connect(server.host, {
    kind: "identity-token",
    token: "id",
  });
  await repository.fetchManifest();
  const token = server.requests.find(({ url }) => url.includes("/token"));
  assertEquals(token?.method, "POST");
});

Deno.test("a fresh token that is refused ends the pull", async () => {
  await using server = serveToken({ token: "wrong" });
  using repository = connect(server.host);
  await assertRejects(() => repository.fetchManifest(), UnauthorizedError);
  assertEquals(server.requests.length, 3);
});

Deno.test("token services are refused where they lead astray", async (t) => {
  const cases: [realm: string, why: string][] = [
    ["", "no URL"],
    ["file:///etc", "neither https nor http"],
    ["http://10.0.0.1/token", "internal address"],
    ["http://[::1]/token", "internal address"],
    ["http://u:p@127.0.0.1/token", "user name"],
  ];
  for (const [realm, why] of cases) {
    await t.step(realm, async () => {
      await using server = serveHostile(() =>
        challenge(`Bearer realm="${realm}"`)
      );
      using repository = connect(server.host, PASSWORD);
      await assertRejects(() => repository.fetchManifest(), RegistryError, why);
    });
  }
});

Deno.test("a token service on another port gets no login by plain http", async (t) => {
  const logins: Readonly<Record<string, Credentials>> = {
    "password": PASSWORD,
    "identity token": { kind: "identity-token", token: "secret" },
  };
  await using service = serveHostile(() => Response.json({ token: "t1" }));
  await using server = serveHostile((request) =>
    request.headers.get("authorization") === "Bearer t1"
      ? manifest()
      : challenge(`Bearer realm="http://${service.host}/token"`)
  );
  for (const [name, credentials] of Object.entries(logins)) {
    await t.step(name, async () => {
      using repository = connect(server.host, credentials);
      await assertRejects(
        () => repository.fetchManifest(),
        RegistryError,
        "no password is sent there",
      );
      assertEquals(service.requests.length, 0);
    });
  }
  await t.step("none", async () => {
    using repository = connect(server.host);
    await repository.fetchManifest();
    assertEquals(service.requests[0]?.headers.get("authorization"), null);
  });
});

Deno.test("a token request that is redirected takes no login along", async (t) => {
  const logins: Readonly<Record<string, Credentials>> = {
    "password": PASSWORD,
    "identity token": { kind: "identity-token", token: "secret" },
  };
  for (const [name, credentials] of Object.entries(logins)) {
    await t.step(name, async () => {
      await using thief = serveHostile(() => Response.json({ token: "t1" }));
      await using server = serveHostile(({ url }) =>
        url.includes("/token")
          ? Response.redirect(`http://${thief.host}/token`, 307)
          : challenge(`Bearer realm="http://${new URL(url).host}/token"`)
      );
      using repository = connect(server.host, credentials);
      await assertRejects(() => repository.fetchManifest(), RegistryError);
      for (const { method, headers } of thief.requests) {
        assertEquals([method, headers.get("authorization")], ["GET", null]);
      }
    });
  }
});

Deno.test("answers without a token, and unknown challenges, are errors", async (t) => {
  await t.step("no token", async () => {
    await using server = serveToken({});
    using repository = connect(server.host);
    await assertRejects(() => repository.fetchManifest(), Error, "no token");
  });
  await t.step("a token with a line break", async () => {
    await using server = serveToken({ token: "a\r\nb: c" });
    using repository = connect(server.host);
    await assertRejects(() => repository.fetchManifest(), Error, "no token");
  });
  for (const answer of [[], { token: 7 }, "t1", null]) {
    await t.step(JSON.stringify(answer), async () => {
      await using server = serveToken(answer);
      using repository = connect(server.host);
      await assertRejects(
        () => repository.fetchManifest(),
        RegistryError,
        "answer of its token service",
      );
    });
  }
  await t.step("Negotiate", async () => {
    await using server = serveHostile(() => challenge("Negotiate"));
    using repository = connect(server.host);
    await assertRejects(
      () => repository.fetchManifest(),
      UnauthorizedError,
      "no known way to (negotiate)",
    );
  });
});

function connect(host: string, credentials?: Credentials): Repository {
  return new Repository({
    registry: new URL(`http://${host}`),
    path: "x",
    name: "1",
    title: "x:1",
    credentials,
    retry: { tries: 3, delayMs: 1 },
  });
}

function manifest(headers: Record<string, string> = {}): Response {
  return new Response(MANIFEST, {
    headers: { "content-type": `${OCI_MANIFEST}; charset=utf-8`, ...headers },
  });
}

function challengeBasic(): Response {
  return challenge('Basic realm="test"');
}

function challenge(header: string): Response {
  return new Response("{}", {
    status: 401,
    headers: { "www-authenticate": header },
  });
}

/** A registry that takes the token `t1`, and its token service. */
function serveToken(answer: unknown) {
  return serveHostile((request) => {
    const { pathname, host } = new URL(request.url);
    if (pathname === "/token") return Response.json(answer);
    if (request.headers.get("authorization") !== "Bearer t1") {
      return challenge(`Bearer realm="http://${host}/token",service="test"`);
    }
    return pathname.includes("/blobs/") ? new Response("blob") : manifest();
  });
}
