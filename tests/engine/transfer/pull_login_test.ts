/** Pulls from registries that want a login, or send clients elsewhere. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { needs } from "../../support/peers.ts";
import { pullStore } from "../../support/pulls/pull_store.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import {
  answer,
  makeImage,
  type Misbehave,
  noise,
  type RegistryRequest,
  sendBroken,
  serveImage,
} from "../../support/servers/served_image.ts";
import { tempDir } from "../../support/temp_dir.ts";

const IMAGE = makeImage([
  await layerOf({ "a.txt": "a" }),
  await layerOf({ "b.bin": noise(2_000_000) }),
  await layerOf({ "c.txt": "c" }),
]);
const LARGE = IMAGE.layers[1];

Deno.test("pullImage() renews a token that ends in the middle", async () => {
  using store = pullStore();
  const service = tokenService();
  let isBroken = false;
  await using registry = serveImage(IMAGE, (asked) => {
    const refusal = service(asked);
    if (refusal !== undefined) return refusal;
    const bytes = IMAGE.blobs.get(asked.name);
    if (asked.name !== LARGE?.digest || isBroken || !bytes) return undefined;
    isBroken = true;
    service.endTokens();
    return sendBroken(bytes);
  });
  await store.pull(registry.name);
  assertEquals(service.issued(), 2);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() renews a token that ends before the layers", async () => {
  using store = pullStore();
  const service = tokenService();
  await using registry = serveImage(IMAGE, (asked) => {
    const isFirstBlob = asked.kind === "blob" && service.issued() === 1 &&
      asked.name !== IMAGE.config.digest;
    if (isFirstBlob) service.endTokens();
    return service(asked);
  });
  await store.pull(registry.name);
  assertEquals(service.issued(), 2);
});

Deno.test("pullImage() gives up if a new token is refused, too", async () => {
  using store = pullStore();
  const service = tokenService();
  await using registry = serveImage(IMAGE, (asked) => {
    if (asked.name === LARGE?.digest) service.endTokens();
    return service(asked);
  });
  const { code, message } = await store.fail(registry.name);
  assertEquals(code, 6);
  assertStringIncludes(message, "needs (other) credentials");
  assert(service.issued() <= 3, `${service.issued()}`);
  assertEquals(store.check(), []);
});

Deno.test({
  // The test would fail for a client that is left open.
  name: "pullImage() closes its connections to a private CA's registry",
  ...needs(...REGISTRY_PROGRAMS),
  sanitizeResources: true,
  async fn() {
    using store = pullStore();
    using dir = tempDir();
    await writeTestLayout(dir.path);
    await using registry = await startRegistry({ tls: true });
    await registry.pushLayout(dir.path, "a:1");
    await store.pull(`${registry.host}/a:1`, { certDir: registry.certDir });
    assertEquals(store.check(), []);
  },
});

Deno.test("pullImage() follows redirects of blobs, without its login", async () => {
  using store = pullStore();
  await using storage = serveHostile((request) =>
    answer(IMAGE, {
      request,
      kind: "blob",
      name: new URL(request.url).pathname.slice(1),
    })
  );
  const service = tokenService();
  await using registry = serveImage(
    IMAGE,
    (asked) => service(asked) ?? redirectTo(storage.host, asked),
  );
  await store.pull(registry.name);
  assertEquals(store.check(), []);
  const blobs = storage.requests.map(({ url }) => new URL(url).pathname);
  const wanted = [IMAGE.config, ...IMAGE.layers].map(({ digest }) => digest);
  assertEquals(blobs.toSorted(), wanted.map((it) => `/${it}`).toSorted());
  for (const { headers } of storage.requests) {
    assertEquals(headers.get("authorization"), null);
    assertEquals(headers.get("cookie"), null);
  }
});

Deno.test("pullImage() asks once for each layer where it is", async () => {
  using store = pullStore();
  const layers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => layerOf({ [`file${n}`]: `${n}` })),
  );
  const image = makeImage(layers);
  await using storage = serveHostile((request) => {
    const name = new URL(request.url).pathname.slice(1);
    return answer(image, { request, kind: "blob", name });
  });
  const asked: string[] = [];
  await using registry = serveImage(image, (request) => {
    if (request.kind === "blob") asked.push(request.name);
    return redirectTo(storage.host, request);
  });
  await store.pull(registry.name);
  assertEquals(store.check(), []);
  const digests = [image.config, ...image.layers].map(({ digest }) => digest);
  assertEquals(asked.toSorted(), digests.toSorted());
});

Deno.test("pullImage() continues at yet another host after a break", async () => {
  using store = pullStore();
  let isBroken = false;
  const serve = () =>
    serveHostile((request) => {
      const name = new URL(request.url).pathname.slice(1);
      const bytes = IMAGE.blobs.get(name);
      if (name !== LARGE?.digest || isBroken || bytes === undefined) {
        return answer(IMAGE, { request, kind: "blob", name });
      }
      isBroken = true;
      return sendBroken(bytes);
    });
  await using first = serve();
  await using second = serve();
  await using registry = serveImage(IMAGE, (request) => {
    const isSecond = request.name === LARGE?.digest && isBroken;
    return redirectTo(isSecond ? second.host : first.host, request);
  });
  await store.pull(registry.name);
  assertEquals(store.check(), []);
  const ranges = second.requests.map(({ headers }) => headers.get("range"));
  assertEquals(ranges.length, 1);
  assertStringIncludes(ranges[0] ?? "", "bytes=");
});

Deno.test("pullImage() sends no login to a registry's other port", async () => {
  using store = pullStore();
  await using storage = serveHostile(() => new Response(null, { status: 401 }));
  const service = tokenService();
  await using registry = serveImage(
    IMAGE,
    (asked) => service(asked) ?? redirectTo(storage.host, asked),
  );
  const { code } = await store.fail(registry.name);
  assertEquals(code, 6);
  for (const { headers } of storage.requests) {
    assertEquals(headers.get("authorization"), null);
  }
});

interface TokenService {
  (asked: RegistryRequest): Response | undefined;
  issued(): number;
  endTokens(): void;
}

/** Refuses who has no token, and gives tokens. */
function tokenService(): TokenService {
  let issued = 0;
  let endedAt = 0;
  const misbehave = ({ request }: RegistryRequest) => {
    const url = new URL(request.url);
    if (url.pathname === "/token") {
      return Response.json({ token: `token-${++issued}`, "expires_in": 300 });
    }
    const header = request.headers.get("authorization") ?? "";
    const number = Number(/^Bearer token-(\d+)$/.exec(header)?.[1] ?? 0);
    if (number > endedAt) return undefined;
    const realm = `Bearer realm="http://${url.host}/token",service="test"`;
    return new Response(null, {
      status: 401,
      headers: { "www-authenticate": realm },
    });
  };
  return Object.assign(misbehave, {
    issued: () => issued,
    endTokens: () => void (endedAt = issued),
  }) satisfies Misbehave;
}

function redirectTo(
  host: string,
  { kind, name }: RegistryRequest,
): Response | undefined {
  if (kind !== "blob") return undefined;
  return Response.redirect(`http://${host}/${name}`, 307);
}
