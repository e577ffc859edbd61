import { assert, assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import type { Credentials } from "../../../src/formats/config/auth_file.ts";
import {
  fetchToken,
  type Token,
} from "../../../src/registry/auth/fetch_token.ts";
import { createHttpClient } from "../../../src/registry/http_client.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";

interface Asked {
  readonly token: Token;
  /** In milliseconds from when it was asked for. */
  readonly lifetimeMs: number;
  readonly requests: readonly {
    readonly method: string;
    readonly url: URL;
    readonly body: string;
    readonly headers: Headers;
  }[];
}

/** Asks a token service that answers as given. */
async function ask(
  answer: (request: Request) => Response,
  { credentials, service = "s", scopes = ["repository:x:pull"], ...more }: {
    readonly onRefreshToken?: (token: string) => void;
    readonly signal?: AbortSignal;
    readonly credentials?: Credentials;
    readonly service?: string | undefined;
    readonly scopes?: readonly string[];
  } = {},
): Promise<Asked> {
  const requests: Asked["requests"][number][] = [];
  await using server = serveHostile(async (request) => {
    const body = await request.text();
    const { method, url } = request;
    const headers = new Headers(request.headers);
    requests.push({ method, url: new URL(url), body, headers });
    return answer(request);
  });
  using client = createHttpClient();
  const realm = `http://${server.host}/token?tenant=1`;
  const parameters = new Map([["realm", realm], ["service", service]]);
  const before = performance.now();
  const token = await fetchToken(client, { scheme: "bearer", parameters }, {
    registry: new URL(`http://${server.host}`),
    status: 401,
    scopes,
    credentials,
    retry: { tries: 1 },
    ...more,
  });
  return { token, lifetimeMs: token.renewAt - before, requests };
}

Deno.test("fetchToken() renews a tenth early, within bounds", async (t) => {
  const cases: readonly (readonly [unknown, seconds: number])[] = [
    [undefined, 60],
    [null, 60],
    [{}, 60],
    ["soon", 60],
    [0, 60],
    [-5, 60],
    [60, 60],
    [61, 61],
    ["300", 300],
    [300.5, 300.5],
    [3600, 3600],
    [3601, 3600],
    [1e300, 3600],
  ];
  for (const [value, seconds] of cases) {
    await t.step(JSON.stringify(value) ?? "nothing", async () => {
      const body = { token: "t", "expires_in": value };
      const { token, lifetimeMs } = await ask(() => Response.json(body));
      assertEquals(token.value, "t");
      const late = lifetimeMs - seconds * 900;
      // However slow the machine is: the bounds are far from each other.
      assert(late >= 0 && late < 200_000, `${late}`);
    });
  }
});

Deno.test("fetchToken() asks for each scope, and keeps the realm's query", async (t) => {
  const password: Credentials = {
    kind: "password",
    username: "ann",
    password: "p&=",
  };
  const cases: readonly (readonly [
    string,
    Parameters<typeof ask>[1],
    Record<string, string[]>,
  ])[] = [
    ["nobody", {}, { service: ["s"], scope: ["repository:x:pull"] }],
    ["no service", { service: "" }, { scope: ["repository:x:pull"] }],
    ["two scopes", { scopes: ["a", "b"] }, {
      service: ["s"],
      scope: ["a", "b"],
    }],
    ["a password", { credentials: password }, {
      service: ["s"],
      scope: ["repository:x:pull"],
      account: ["ann"],
    }],
  ];
  for (const [name, options, expected] of cases) {
    await t.step(name, async () => {
      const { requests } = await ask(
        () => Response.json({ token: "t" }),
        options,
      );
      const [request, ...more] = requests;
      assertEquals(more, []);
      const { searchParams } = request?.url ?? new URL("http://none/");
      const found = Object.fromEntries(
        [...new Set(searchParams.keys())]
          .map((key) => [key, searchParams.getAll(key)]),
      );
      assertEquals(found, { tenant: ["1"], ...expected });
      assert(!(request?.url.href.includes("p%26") ?? true));
    });
  }
});

Deno.test("fetchToken() sends an identity token in a body", async (t) => {
  for (const service of ["s", ""]) {
    await t.step(service === "" ? "no service" : "a service", async () => {
      const { requests } = await ask(() => Response.json({ token: "t" }), {
        credentials: { kind: "identity-token", token: "secret&" },
        service,
        scopes: ["a", "b"],
      });
      const [request, ...more] = requests;
      assertEquals(more, []);
      assertEquals(request?.url.search, "?tenant=1");
      assertEquals(
        [
          request?.method,
          ...["content-type", "authorization"]
            .map((name) => request?.headers.get(name)),
        ],
        ["POST", "application/x-www-form-urlencoded", null],
      );
      assertEquals(Object.fromEntries(new URLSearchParams(request?.body)), {
        "grant_type": "refresh_token",
        "refresh_token": "secret&",
        "client_id": "orlop",
        "scope": "a b",
        ...(service === "" ? {} : { service }),
      });
    });
  }
});

Deno.test("fetchToken() asks for no scope where none is needed", async () => {
  const credentials = { kind: "identity-token", token: "t" } as const;
  const form = await ask(() => Response.json({ token: "t" }), {
    ...{ credentials, scopes: [] },
  });
  const { body = "" } = form.requests[0] ?? {};
  assert(!new URLSearchParams(body).has("scope"));
  const query = await ask(() => Response.json({ token: "t" }), { scopes: [] });
  assertEquals(query.requests[0]?.url.search, "?tenant=1&service=s");
});

Deno.test("fetchToken() gets a token in place of a password, if it is wanted", async (t) => {
  const password: Credentials = {
    kind: "password",
    username: "ann",
    password: "p",
  };
  const cases: readonly (readonly [unknown, string[]])[] = [
    ["r", ["r"]],
    ["a b", []],
    ["", []],
    [1, []],
    [undefined, []],
  ];
  for (const [value, expected] of cases) {
    await t.step(JSON.stringify(value) ?? "none", async () => {
      const received: string[] = [];
      const { requests } = await ask(
        () => Response.json({ token: "t", "refresh_token": value }),
        {
          credentials: password,
          onRefreshToken: (token) => received.push(token),
        },
      );
      assertEquals(received, expected);
      const { searchParams } = requests[0]?.url ?? new URL("http://none/");
      const asked = ["account", "client_id", "offline_token"]
        .map((name) => searchParams.get(name));
      assertEquals(asked, ["ann", "orlop", "true"]);
    });
  }
  await t.step("not wanted", async () => {
    const { requests } = await ask(
      () => Response.json({ token: "t", "refresh_token": "r" }),
      { credentials: password },
    );
    assertEquals(
      requests[0]?.url.search,
      "?tenant=1&scope=repository%3Ax%3Apull&service=s&account=ann",
    );
  });
});

Deno.test("fetchToken() sends an identity token like a password where POST is unknown", async (t) => {
  const cases: readonly (readonly [number, string, string[]])[] = [
    [400, "ann", ["POST", "GET"]],
    [401, "ann", ["POST", "GET"]],
    [404, "ann", ["POST", "GET"]],
    [405, "ann", ["POST", "GET"]],
    [403, "ann", ["POST"]],
    [500, "ann", ["POST"]],
    [401, "", ["POST"]],
  ];
  for (const [status, username, methods] of cases) {
    await t.step(`${status} ${username}`, async () => {
      const seen: string[] = [];
      const asked = ask((request) => {
        seen.push(request.method);
        return request.method === "POST"
          ? new Response("no", { status })
          : Response.json({ token: "t" });
      }, {
        credentials: { kind: "identity-token", token: "secret", username },
      });
      if (methods.length === 2) {
        const { requests } = await asked;
        assertEquals(
          requests[1]?.headers.get("authorization"),
          `Basic ${btoa("ann:secret")}`,
        );
        assertEquals(requests[1]?.url.searchParams.get("account"), "ann");
      } else {
        const error = await assertRejects(
          () => asked,
          RegistryError,
          "Cannot log in to",
        );
        assertEquals(error.status, status);
      }
      assertEquals(seen, methods);
    });
  }
});

Deno.test("fetchToken() asks no service that must not be trusted", async (t) => {
  using client = createHttpClient();
  const long = `ftp://h/${"a".repeat(300)}`;
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, '"" refused (no URL)'],
    ["/token", '"/token" refused (no URL)'],
    ["ftp://h/", '"ftp://h/" refused (neither https nor http)'],
    ["http://registry.test/", "(plain http, but the registry has https)"],
    ["https://127.0.0.1/", "(loopback address)"],
    [long, `"${long.slice(0, 200)}" refused`],
  ];
  for (const [realm, why] of cases) {
    await t.step(`${realm}`.slice(0, 30), async () => {
      const parameters = new Map(realm === undefined ? [] : [["realm", realm]]);
      const error = await assertRejects(
        () =>
          fetchToken(client, { scheme: "bearer", parameters }, {
            registry: new URL("https://registry.test"),
            ...{ status: 403, scopes: [] },
          }),
        RegistryError,
        'Cannot log in to "registry.test": token realm ',
      );
      assertEquals([error.status, error.reason], [403, "untrusted"]);
      assert(error.message.includes(why), error.message);
    });
  }
});

Deno.test("fetchToken() sends no password by plain http to another port", async () => {
  await using server = serveHostile(() => Response.json({ token: "t" }));
  using client = createHttpClient();
  const parameters = new Map([["realm", `http://${server.host}/`]]);
  const of = (credentials: Credentials | undefined) =>
    fetchToken(client, { scheme: "bearer", parameters }, {
      registry: new URL("http://127.0.0.1:1"),
      ...{ status: 401, scopes: [], credentials },
    });
  const logins: readonly Credentials[] = [
    { kind: "password", username: "a", password: "p" },
    { kind: "identity-token", token: "t" },
  ];
  for (const login of logins) {
    await assertRejects(() => of(login), RegistryError, "no password is sent");
  }
  assertEquals(server.requests, []);
  assertEquals((await of(undefined)).value, "t");
});

Deno.test("fetchToken() keeps the status that reports what has failed", async (t) => {
  const none = () => Response.json({ token: "a b" });
  const broken = () => new Response("{", { status: 201 });
  const refused = () => new Response("no", { status: 429 });
  const cases = [
    ["the registry's, for no token", none, 401, "malformed"],
    ["the service's, for no answer", broken, 201, "malformed"],
    ["the service's, for a refusal", refused, 429, "answered"],
  ] as const;
  for (const [name, answer, status, reason] of cases) {
    await t.step(name, async () => {
      const error = await assertRejects(() => ask(answer), RegistryError);
      assertEquals([error.status, error.reason], [status, reason]);
    });
  }
});

Deno.test("fetchToken() ends with its caller's signal", async (t) => {
  const hanging = () => new Response(new ReadableStream({ pull() {} }));
  await t.step("before", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(() => ask(hanging, { signal }), Error, "enough");
  });
  await t.step("in the answer", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const asked = ask(() => {
      setTimeout(() => controller.abort(new Error("enough")), 50);
      return hanging();
    }, { signal });
    const error = await assertRejects(() => asked, Error);
    assertEquals(error.message, "enough");
  });
});

Deno.test("fetchToken() reads answers up to 1 MiB", async (t) => {
  const LIMIT = 1024 * 1024;
  const of = (bytes: number) => {
    const text = '{"token":"t","x":""}';
    return text.replace('""', `"${"x".repeat(bytes - text.length)}"`);
  };
  await t.step("1 MiB", async () => {
    const { token } = await ask(() => new Response(of(LIMIT)));
    assertEquals(token.value, "t");
  });
  await t.step("a byte more", async () => {
    const error = await assertRejects(
      () => ask(() => new Response(of(LIMIT + 1))),
      RegistryError,
      "Cannot log in to",
    );
    assertEquals(error.reason, "malformed");
  });
});

Deno.test("fetchToken() takes nothing that is no token", async (t) => {
  const answers: readonly unknown[] = [
    ...[{}, { token: "" }, { token: "", "access_token": "" }],
    ...[{ token: "a b" }, { token: "a\r\nb" }, { token: "ä" }],
    ...[{ token: "\x7f" }, { token: 1 }, [], null, "t"],
  ];
  for (const answer of answers) {
    await t.step(JSON.stringify(answer), async () => {
      const error = await assertRejects(
        () => ask(() => Response.json(answer)),
        RegistryError,
        "Cannot log in to",
      );
      assertEquals(error.reason, "malformed");
    });
  }
  for (const body of ['{"token":["secret"]}', '["secret"]', "secret"]) {
    await t.step(`${body}, which it does not show`, async () => {
      const error = await assertRejects(
        () => ask(() => new Response(body)),
        RegistryError,
        "Cannot read answer of its token service: ",
      );
      assert(!Deno.inspect(error).includes("secret"));
    });
  }
  const { token } = await ask(() =>
    Response.json({ token: "", "access_token": "!~" })
  );
  assertEquals(token.value, "!~");
});
