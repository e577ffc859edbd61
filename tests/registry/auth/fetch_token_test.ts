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
  readonly requests: readonly { readonly url: URL; readonly body: string }[];
}

/** Asks a token service that answers as given. */
async function ask(
  answer: (request: Request) => Response,
  { credentials, service = "s", scopes = ["repository:x:pull"] }: {
    readonly credentials?: Credentials;
    readonly service?: string | undefined;
    readonly scopes?: readonly string[];
  } = {},
): Promise<Asked> {
  const requests: { url: URL; body: string }[] = [];
  await using server = serveHostile(async (request) => {
    const body = await request.text();
    requests.push({ url: new URL(request.url), body });
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
