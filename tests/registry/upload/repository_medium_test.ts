/** Repositories of a real registry as places that images go to. */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  BlobMismatchError,
  RegistryError,
  UnauthorizedError,
} from "../../../src/errors/image_errors.ts";
import { PolicyError } from "../../../src/errors/store_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { DOCKER_MANIFEST } from "../../../src/formats/oci/media_types.ts";
import { parseReference } from "../../../src/formats/oci/reference.ts";
import { openPush } from "../../../src/registry/upload/open_push.ts";
import { isManifestRefused } from "../../../src/registry/upload/push_manifest.ts";
import type { RepositoryMedium } from "../../../src/registry/upload/repository_medium.ts";
import { needs } from "../../support/peers.ts";
import {
  blobOf,
  CHUNK_SIZE,
  IMAGE,
  LAYER,
  pushImage,
} from "../../support/pulls/push_image.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import {
  REGISTRY_PROGRAMS,
  run,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

const DIGEST = digestOf(LAYER);
const ONCE = { tries: 1, delayMs: 1 };

Deno.test("openPush() pushes what skopeo then reads", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry();
  for (const digest of ["known", "unknown"] as const) {
    await t.step(`of a digest that is ${digest}`, async () => {
      const name = `${registry.host}/${digest}:1`;
      await pushImage(name, { env: {}, digest });
      const shown = await run(
        ...["skopeo", "inspect", "--raw", "--tls-verify=false"] as const,
        `docker://${name}`,
      );
      assertEquals(digestOf(shown), IMAGE.manifest.digest);
    });
  }
  await t.step("and nothing twice", async () => {
    const before = registry.requests.length;
    await pushImage(`${registry.host}/known:2`, { env: {} });
    const methods = registry.requests.slice(before).map((r) => r.method);
    assertEquals(methods.join(" "), "GET HEAD HEAD PUT");
  });
  await t.step("and a small blob by one request", async () => {
    const before = registry.requests.length;
    await using medium = await open(registry.host, "small");
    await medium.put(blobOf(toBytes("small")));
    const methods = registry.requests.slice(before).map((r) => r.method);
    assertEquals(methods.join(" "), "GET POST PUT");
  });
  await t.step("and an empty one", async () => {
    await using medium = await open(registry.host, "small");
    const empty = toBytes("");
    for (const digest of ["known", "unknown"] as const) {
      const written = await medium.put(blobOf(empty, { digest }));
      assertEquals(written, { digest: digestOf(empty), size: 0 });
    }
    assert(await medium.has({ digest: digestOf(empty), size: 0 }));
  });
  await t.step("and several at once", async () => {
    await using medium = await open(registry.host, "many");
    const blobs = [LAYER, LAYER.slice(1), LAYER.slice(2), toBytes("x")];
    await Promise.all(blobs.map((bytes) => medium.put(blobOf(bytes))));
    for (const bytes of blobs) {
      const size = bytes.length;
      assert(await medium.has({ digest: digestOf(bytes), size }));
    }
  });
});

Deno.test("a blob is mounted from where it is, else uploaded", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry();
  await pushImage(`${registry.host}/org/source:1`, { env: {} });
  const blob = { digest: DIGEST, size: LAYER.length };
  await t.step("from another repository", async () => {
    await using medium = await open(registry.host, "mounted", {
      mountFrom: () => Promise.resolve(["org/source"]),
    });
    assert(await medium.has(blob));
    const { method, path, status } = registry.requests.at(-1) ??
      { method: "", path: "", status: 0 };
    assertEquals([method, status], ["POST", 201]);
    assertStringIncludes(path, "from=org%2Fsource");
  });
  await t.step("by the upload that began when it was not", async () => {
    const before = registry.requests.length;
    await using medium = await open(registry.host, "unmounted", {
      mountFrom: () =>
        Promise.resolve(["org/none", "org/none-either", "org/source"]),
    });
    assertFalse(await medium.has(blob));
    await medium.put(blobOf(LAYER));
    const methods = registry.requests.slice(before).map((r) => r.method);
    assertEquals(
      methods.join(" "),
      "GET HEAD POST POST DELETE PATCH PATCH PATCH PATCH PUT",
    );
  });
  await t.step("and no upload is left of a mount", async () => {
    {
      await using medium = await open(registry.host, "left", {
        mountFrom: () => Promise.resolve(["org/none"]),
      });
      assertFalse(await medium.has(blob));
    }
    assertEquals(registry.uploadsOf("left"), []);
  });
});

Deno.test("put() refuses a source that is damaged, and leaves nothing", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry();
  await using medium = await open(registry.host, "app");
  const other = digestOf("other");
  const broken = new Error("the disk has an error");
  const open_ = () => Promise.resolve(failing(broken));
  await t.step("other bytes", async () => {
    await assertRejects(
      () => medium.put({ ...blobOf(LAYER), digest: other }),
      BlobMismatchError,
      `its bytes have digest ${DIGEST}`,
    );
  });
  await t.step("another size", async () => {
    await assertRejects(
      () => medium.put({ ...blobOf(toBytes("abc")), size: 4 }),
      BlobMismatchError,
      "it has 3 bytes, expected 4",
    );
  });
  await t.step("a source that fails", async () => {
    const error = await assertRejects(() =>
      medium.put({ ...blobOf(LAYER), open: open_ })
    );
    assertEquals(error, broken);
  });
  assertEquals(registry.uploadsOf("app"), []);
});

Deno.test("put() stops when it is told to, and takes the upload back", {
  ...needs(...REGISTRY_PROGRAMS),
}, async () => {
  await using registry = await startRegistry();
  await using server = await serveScript(
    [{ method: "PATCH", nth: 2, stopRequestAt: 10_000, stop: "hang" }],
    { behind: registry.host },
  );
  await using medium = await open(server.host, "app");
  const abort = new AbortController();
  const putting = medium.put(blobOf(LAYER), { signal: abort.signal });
  while (server.requests.filter((r) => r.method === "PATCH").length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  abort.abort(new Error("Ctrl-C"));
  await assertRejects(() => putting, Error, "Ctrl-C");
  assertEquals(server.requests.at(-1)?.method, "DELETE");
});

Deno.test("an upload continues in the middle of a chunk", async (t) => {
  // Of each kind of answer, how much of the body the server has kept by then.
  for (const kept of [1, 10_000, 99_999, 100_000]) {
    for (const digest of ["known", "unknown"] as const) {
      await t.step(`after ${kept} bytes, ${digest}`, async () => {
        await using server = serveUploads({ failAt: 2, kept });
        await using medium = await open(server.host, "app");
        await medium.put(blobOf(LAYER, { digest }));
        assertEquals(digestOf(server.blob()), DIGEST);
        assertEquals(server.ranges, [
          "0-99999",
          "100000-199999",
          ...kept === 100_000 ? [] : [`${100_000 + kept}-199999`],
          "200000-299999",
          "300000-349999",
        ]);
      });
    }
  }
});

Deno.test("one request for all continues where it broke, if the blob is known", async (t) => {
  for (const digest of ["known", "unknown"] as const) {
    await t.step(digest, async () => {
      await using server = serveUploads({
        ...{ failAt: 2, kept: 10_000, ranges: "refuse" },
      });
      await using medium = await open(server.host, "app");
      await medium.put(blobOf(LAYER, { digest }));
      assertEquals(digestOf(server.blob()), DIGEST);
      assertEquals(server.begun, digest === "known" ? 2 : 3);
    });
  }
});

Deno.test("openPush() pushes over TLS, and by https what comes as http", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry({ tls: true });
  const { certDir, host } = registry;
  await t.step(
    "with its CA",
    () => pushImage(`${host}/app:1`, { certDir, env: {} }),
  );
  await t.step(
    "without any",
    () => pushImage(`${host}/app:2`, { tlsVerify: false, env: {} }),
  );
  await t.step("not if it is unknown", async () => {
    await assertRejects(
      () => pushImage(`${host}/app:3`, { env: {}, retry: ONCE }),
      RegistryError,
      "unknown authority",
    );
  });
  await t.step("behind a proxy that does not tell of TLS", async () => {
    const read = (name: string) => Deno.readTextFile(`${certDir}/${name}`);
    const certificate = {
      cert: await read("server.pem"),
      key: await read("server-key.pem"),
    };
    await using plain = await startRegistry();
    const plainly = { requestHeaders: { "x-forwarded-proto": "http" } };
    await using proxy = await serveScript([plainly], {
      ...{ behind: plain.host, certificate },
    });
    await pushImage(`${proxy.host}/app:1`, { certDir, env: {} });
    assert(proxy.requests.length > 5);
  });
});

Deno.test("openPush() goes to no mirror, and to no registry that is blocked", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry();
  await using mirror = serveHostile(() => new Response());
  using dir = tempDir();
  const path = dir.join("registries.conf");
  const write = (more: string) =>
    Deno.writeTextFile(
      path,
      `[[registry]]\nlocation = "${mirror.host}"\nprefix = ` +
        `"${registry.host}"\n${more}`,
    );
  await t.step("nor by another name", async () => {
    await write(`[[registry.mirror]]\nlocation = "${mirror.host}"\n`);
    const options = { registriesConf: path, env: {} };
    await pushImage(`${registry.host}/app:1`, options);
    assertEquals(mirror.requests, []);
  });
  await t.step("blocked", async () => {
    await write("blocked = true\n");
    await assertRejects(
      () =>
        pushImage(`${registry.host}/app:1`, { registriesConf: path, env: {} }),
      PolicyError,
      "is blocked in",
    );
  });
});

Deno.test("putManifest() knows why a registry refuses", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry();
  await using medium = await open(registry.host, "app");
  const bytes = toBytes('{"schemaVersion":2}');
  await t.step("another kind may be taken", async () => {
    const raw = { bytes, mediaType: "text/plain", digest: digestOf(bytes) };
    const error = await assertRejects(() =>
      medium.putManifest(raw, { isNamed: true })
    );
    assert(isManifestRefused(error), `${error}`);
  });
  await t.step("blobs are missing", async () => {
    const text = toBytes(JSON.stringify({
      schemaVersion: 2,
      mediaType: DOCKER_MANIFEST,
      config: IMAGE.config,
      layers: IMAGE.layers,
    }));
    const raw = {
      ...{ bytes: text, mediaType: DOCKER_MANIFEST, digest: digestOf(text) },
    };
    const error = await assertRejects(
      () => medium.putManifest(raw, { isNamed: true }),
      RegistryError,
      "MANIFEST_BLOB_UNKNOWN",
    );
    assertFalse(isManifestRefused(error));
  });
  await t.step("it is not the one that the name says", async () => {
    const named = await openPush(
      parseReference(`${registry.host}/app@${digestOf("other")}`),
      { env: {} },
    );
    await using _open = named;
    const raw = { bytes, mediaType: "text/plain", digest: digestOf(bytes) };
    await assertRejects(
      () => named.putManifest(raw, { isNamed: true }),
      BlobMismatchError,
      `its manifest is ${digestOf(bytes)}`,
    );
  });
});

Deno.test(
  "openPush() reports what is wrong with a login before anything is sent",
  {
    ...needs(...REGISTRY_PROGRAMS),
  },
  async (t) => {
    const user = { name: "ann", password: "canary" };
    await using registry = await startRegistry({ user });
    const push = (password?: string) =>
      pushImage(`${registry.host}/app:1`, {
        env: {},
        ...password === undefined ? {} : {
          credentials: { kind: "password", username: user.name, password },
        },
      });
    await t.step("none", async () => {
      await assertRejects(() => push(), UnauthorizedError, "there are none");
    });
    await t.step("a wrong one", async () => {
      const error = await assertRejects(
        () => push("wrong-canary"),
        UnauthorizedError,
        "use orlop login or --creds",
      );
      assertFalse(error.message.includes("canary"));
    });
    await t.step("the right one", () => push(user.password));
  },
);

function open(
  host: string,
  path: string,
  options: Parameters<typeof openPush>[1] = {},
): Promise<RepositoryMedium> {
  return openPush(parseReference(`${host}/${path}:1`), {
    ...{ chunkSize: CHUNK_SIZE, env: {}, retry: { delayMs: 1 } },
    ...options,
  });
}

function failing(error: Error): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isFirst = true;
  return new ReadableStream({
    pull(controller) {
      if (!isFirst) return controller.error(error);
      isFirst = false;
      controller.enqueue(new Uint8Array(150_000));
    },
  });
}

/** A registry for one blob that knows, after a break, how much of it it has. */
function serveUploads({ failAt, kept, ranges: taken = "take" }: {
  /** The how manieth chunk. */
  readonly failAt: number;
  /** How many of its bytes are kept all the same. */
  readonly kept: number;
  /** Whether a range that does not begin at 0 is known. */
  readonly ranges?: "take" | "refuse";
}) {
  let content = new Uint8Array();
  let begun = 0;
  let chunks = 0;
  const ranges: string[] = [];
  const server = serveHostile(async (request) => {
    const bytes = new Uint8Array(await request.arrayBuffer());
    const where = { location: `/v2/app/blobs/uploads/${begun}` };
    const reached = () => ({
      ...where,
      range: `0-${Math.max(content.length - 1, 0)}`,
    });
    switch (request.method) {
      case "POST":
        begun++;
        content = new Uint8Array();
        return new Response(null, {
          status: 202,
          headers: { location: `/v2/app/blobs/uploads/${begun}` },
        });
      case "PATCH": {
        const range = request.headers.get("content-range");
        if (range !== null) ranges.push(range);
        const isLater = range !== null && !range.startsWith("0-");
        if (isLater && taken === "refuse") {
          return new Response(null, { status: 400 });
        }
        const isBroken = ++chunks === failAt;
        const added = isBroken ? bytes.subarray(0, kept) : bytes;
        content = new Uint8Array([...content, ...added]);
        const status = isBroken ? 503 : 202;
        return new Response(null, { status, headers: reached() });
      }
      case "PUT":
        return new Response(null, { status: 201 });
      case "DELETE":
        return new Response(null, { status: 204 });
      case "HEAD":
        return new Response(null, { status: 404 });
      default:
        return request.url.endsWith("/v2/")
          ? new Response("{}")
          : new Response(null, { status: 204, headers: reached() });
    }
  });
  return {
    host: server.host,
    ranges,
    get begun() {
      return begun;
    },
    blob: () => content,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
