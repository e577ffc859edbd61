/** Pushes to registries that want tokens: which, how many, and what if one ends. */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  RegistryError,
  UnauthorizedError,
} from "../../../src/errors/image_errors.ts";
import type { Credentials } from "../../../src/formats/config/auth_file.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { parseReference } from "../../../src/formats/oci/reference.ts";
import {
  openPush,
  type OpenPushOptions,
} from "../../../src/registry/upload/open_push.ts";
import { needs } from "../../support/peers.ts";
import {
  blobOf,
  CHUNK_SIZE,
  LAYER,
  pushImage,
} from "../../support/pulls/push_image.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";
import type {
  Action,
  ScriptedRequest,
} from "../../support/servers/server_script.ts";

const PASSWORD: Credentials = {
  kind: "password",
  username: "ann",
  password: "canary-41",
};
const OPTIONS = { env: {}, chunkSize: CHUNK_SIZE, retry: { delayMs: 1 } };

Deno.test("a push gets by with one token, however much it sends", {
  ...needs(...REGISTRY_PROGRAMS),
}, async () => {
  await using registry = await startTokenRegistry();
  await using medium = await openPush(nameAt(registry.host, "app"), {
    ...{ ...OPTIONS, credentials: PASSWORD },
  });
  const blobs = [0, 1, 2, 3].map((at) => LAYER.slice(at));
  await Promise.all(blobs.map(async (bytes) => {
    const blob = { digest: digestOf(bytes), size: bytes.length };
    if (!await medium.has(blob)) await medium.put(blobOf(bytes));
  }));
  assertEquals(registry.tokens.length, 1);
  const { scopes, login } = registry.tokens[0] ?? NO_TOKEN;
  assertEquals(scopes, ["repository:app:pull,push"]);
  assertEquals(login?.slice(0, 6), "Basic ");
  // Not even the first request was sent in vain.
  assertEquals(registry.refusals, 1);
});

Deno.test(
  "a token that ends during a push is renewed, and no more is sent again",
  {
    ...needs(...REGISTRY_PROGRAMS),
  },
  async () => {
    // The look, the beginning, one chunk: then it is over.
    await using registry = await startTokenRegistry({ usesOfToken: 3 });
    await pushImage(`${registry.host}/app:1`, {
      ...{ ...OPTIONS, credentials: PASSWORD },
    });
    assert(registry.tokens.length > 2, `${registry.tokens.length}`);
    const sent = registry.chunks.map((range) => Number(range.split("-")[0]));
    assertEquals(sent, [0, 100_000, 100_000, 200_000, 300_000]);
  },
);

Deno.test("a mount asks for the right to read where the blob is", {
  ...needs(...REGISTRY_PROGRAMS),
}, async () => {
  await using registry = await startTokenRegistry();
  const options = { ...OPTIONS, credentials: PASSWORD };
  await pushImage(`${registry.host}/from:1`, options);
  const before = registry.tokens.length;
  await using medium = await openPush(nameAt(registry.host, "to"), {
    ...options,
    mountFrom: () => Promise.resolve(["from"]),
  });
  assert(await medium.has({ digest: digestOf(LAYER), size: LAYER.length }));
  assertEquals(registry.tokens.slice(before).map(({ scopes }) => scopes), [
    ["repository:to:pull,push"],
    ["repository:to:pull,push", "repository:from:pull"],
  ]);
});

Deno.test("an identity token is given for a token by a form", async () => {
  const forms: URLSearchParams[] = [];
  await using server = serveHostile(async (request) => {
    const { pathname, host } = new URL(request.url);
    if (pathname === "/token") {
      forms.push(new URLSearchParams(await request.text()));
      return Response.json({ "access_token": "t1" });
    }
    if (request.headers.get("authorization") === "Bearer t1") {
      return new Response(null, { status: 403 });
    }
    const realm = `Bearer realm="http://${host}/token",service="s"`;
    return new Response(null, {
      status: 401,
      headers: { "www-authenticate": realm },
    });
  });
  const credentials: Credentials = {
    ...{ kind: "identity-token", username: "ann", token: "canary-id" },
  };
  await assertRejects(
    () => pushImage(`${server.host}/app:1`, { ...OPTIONS, credentials }),
    UnauthorizedError,
    "these credentials do not allow to push",
  );
  assertEquals(forms.map((form) => Object.fromEntries(form)), [{
    "grant_type": "refresh_token",
    "refresh_token": "canary-id",
    "client_id": "orlop",
    "scope": "repository:app:pull,push",
    "service": "s",
  }]);
});

Deno.test("who may not push is told so, and no secret with it", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  const push = (host: string, options: OpenPushOptions = {}) =>
    pushImage(`${host}/app:1`, { ...OPTIONS, ...options });
  await t.step("by the token service", async () => {
    await using registry = await startTokenRegistry({ service: 401 });
    const error = await assertRejects(
      () => push(registry.host, { credentials: PASSWORD }),
      UnauthorizedError,
      `Cannot log in to "${registry.host}"`,
    );
    assertFalse(error.message.includes("canary"));
  });
  await t.step("by the registry", async () => {
    await using registry = await startTokenRegistry({ usesOfToken: 0 });
    const error = await assertRejects(
      () => push(registry.host, { credentials: PASSWORD }),
      UnauthorizedError,
      "use orlop login or --creds",
    );
    assertFalse(error.message.includes("canary"));
  });
  await t.step("as its token service fails", async () => {
    await using registry = await startTokenRegistry({ service: 500 });
    const error = await assertRejects(
      () => push(registry.host, { credentials: PASSWORD }),
      RegistryError,
    );
    assertStringIncludes(error.message, "500");
  });
});

function nameAt(host: string, path: string) {
  return parseReference(`${host}/${path}:1`);
}

/** What a token was asked for with. */
interface SeenToken {
  readonly scopes: readonly string[];
  readonly login: string | null;
}

const NO_TOKEN: SeenToken = { scopes: [], login: null };

/** How a registry is with tokens. */
interface TokenRules {
  /** How often a token counts. */
  readonly usesOfToken?: number;
  /** The status of the token service's answers. */
  readonly service?: number;
}

/** A real registry, and before it a server that wants tokens, and gives them. */
async function startTokenRegistry(
  { usesOfToken = Infinity, service = 200 }: TokenRules = {},
) {
  const tokens: SeenToken[] = [];
  const chunks: string[] = [];
  let uses = 0;
  let refusals = 0;
  await using opened = new AsyncDisposableStack();
  const registry = opened.use(await startRegistry());
  const server = opened.use(
    await serveScript([{ match: /^\/token/, act: giveToken }, {
      match: /^\/v2\//,
      act: requireToken,
    }], { behind: registry.host }),
  );
  const rest = opened.move();
  return {
    ...{ host: server.host, tokens, chunks },
    get refusals() {
      return refusals;
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };

  function giveToken({ path, headers }: ScriptedRequest): Action {
    tokens.push({
      scopes: new URL(path, "http://x").searchParams.getAll("scope"),
      login: headers.get("authorization"),
    });
    uses = 0;
    const token = { token: `t${tokens.length}`, "expires_in": 300 };
    const body = service === 200 ? JSON.stringify(token) : "";
    return { answer: { status: service, body } };
  }

  function requireToken(
    { method, path, headers, host }: ScriptedRequest,
  ): Action {
    const range = headers.get("content-range");
    if (method === "PATCH" && range !== null) chunks.push(range);
    const token = headers.get("authorization");
    const isNewest = tokens.length > 0 && token === `Bearer t${tokens.length}`;
    if (isNewest && ++uses <= usesOfToken) {
      return { requestHeaders: { authorization: null } };
    }
    refusals++;
    const [, name = "app"] = /^\/v2\/([^/]+)\//.exec(path) ?? [];
    const challenge = `Bearer realm="http://${host}/token",service="s",` +
      `scope="repository:${name}:pull,push"`;
    const headersOf = { "www-authenticate": challenge };
    return { answer: { status: 401, headers: headersOf } };
  }
}
