/** What ends requests for manifests, what is tried again, and what is warned of. */

import { assertEquals, assertRejects } from "@std/assert";
import {
  BlobMismatchError,
  RegistryError,
} from "../../src/errors/image_errors.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { OCI_MANIFEST } from "../../src/formats/oci/media_types.ts";
import {
  Repository,
  type RepositoryOptions,
} from "../../src/registry/repository.ts";
import { serveHostile } from "../support/servers/hostile_server.ts";

const MANIFEST = '{"schemaVersion":2}';
const OTHER = digestOf("other");

function connect(
  host: string,
  options: Partial<RepositoryOptions> = {},
): Repository {
  return new Repository({
    registry: new URL(`http://${host}`),
    ...{ path: "x", name: "1", title: "x:1" },
    retry: { tries: 2, delayMs: 1 },
    ...options,
  });
}

const manifest = (headers: Record<string, string> = {}, text = MANIFEST) =>
  new Response(text, { headers: { "content-type": OCI_MANIFEST, ...headers } });

/** A body that breaks off. */
const cut = () =>
  new Response(
    new ReadableStream({
      start: (out) => out.enqueue(new TextEncoder().encode("{")),
      pull: (out) => out.error(new Error("cut")),
    }),
  );

Deno.test("fetchManifest() asks once more for bytes that were spoilt", async (t) => {
  const stated = { "docker-content-digest": OTHER };
  const cases: readonly (readonly [
    string,
    () => Response,
    tries: number,
    requests: number,
  ])[] = [
    ["other bytes", () => manifest(stated), 2, 2],
    ["other bytes, with one try", () => manifest(stated), 1, 1],
    ["half of them", cut, 2, 2],
    ["half of them, with one try", cut, 1, 1],
    ["no manifest", () => new Response("<html>"), 2, 1],
    ["too many", () => new Response(new Uint8Array(5_000_000)), 2, 1],
    ["none", () => new Response(null, { status: 404 }), 2, 1],
    [
      "late ones",
      () => new Response(new ReadableStream({ pull() {} })),
      2,
      1,
    ],
  ];
  for (const [name, spoilt, tries, requests] of cases) {
    await t.step(name, async () => {
      let count = 0;
      await using server = serveHostile(() =>
        ++count === 1 ? spoilt() : manifest()
      );
      using repository = connect(server.host, {
        retry: { tries, delayMs: 1, bodyTimeoutMs: 200 },
      });
      const fetched = repository.fetchManifest();
      if (requests === 2) {
        assertEquals((await fetched).digest, digestOf(MANIFEST));
      } else {
        const error = await assertRejects(() => fetched, Error);
        const isWrong = name.startsWith("other");
        assertEquals(error instanceof BlobMismatchError, isWrong);
        assertEquals(error instanceof RegistryError, !isWrong);
      }
      assertEquals(server.requests.length, requests);
    });
  }
});

Deno.test("fetchManifest() says of which kind a failure is", async (t) => {
  const page = "the server sent a web page, not a manifest; is it a " +
    "registry, or does a proxy or a login page answer in its place?";
  const cases:
    readonly (readonly [string, () => Response, unknown[], string])[] = [
      [
        "too large",
        () => new Response("x".repeat(4 * 1024 * 1024 + 1)),
        [200, "malformed"],
        "manifest is larger than 4194304 bytes (reading stopped)",
      ],
      ["cut", cut, [200, "interrupted"], "the connection broke"],
      [
        "a page",
        () => new Response("\n <html>"),
        [0, "malformed"],
        page,
      ],
      [
        "nothing",
        () => new Response(""),
        [0, "malformed"],
        "the server sent an empty manifest",
      ],
    ];
  for (const [name, answer, facts, why] of cases) {
    await t.step(name, async () => {
      await using server = serveHostile(answer);
      using repository = connect(server.host, { verb: "inspect" });
      const error = await assertRejects(
        () => repository.fetchManifest(),
        RegistryError,
      );
      assertEquals(error.message, `Cannot inspect "x:1": ${why}`);
      assertEquals([error.status, error.reason], facts);
    });
  }
  await t.step("just not too large", async () => {
    const text = `{"x":"${"x".repeat(4 * 1024 * 1024 - 8)}"}`;
    await using server = serveHostile(() => manifest({}, text));
    using repository = connect(server.host);
    assertEquals((await repository.fetchManifest()).bytes.length, 4_194_304);
  });
  await t.step("blanks before the page begins late", async () => {
    const text = `${" ".repeat(64)}<html>`;
    await using server = serveHostile(() => manifest({}, text));
    using repository = connect(server.host);
    assertEquals((await repository.fetchManifest()).digest, digestOf(text));
  });
});

Deno.test("fetchManifest() keeps the digest that it was asked for", async () => {
  await using server = serveHostile(() => manifest({ "content-type": "odd" }));
  using repository = connect(server.host, { name: digestOf(MANIFEST) });
  const found = await repository.fetchManifest();
  assertEquals(found.digest, digestOf(MANIFEST));
  assertEquals(repository.url.href, `http://${server.host}/v2/x/`);
  const [{ url = "" } = {}] = server.requests;
  assertEquals(new URL(url).pathname, `/v2/x/manifests/${found.digest}`);
  await assertRejects(() => repository.fetchManifest(OTHER), BlobMismatchError);
});

Deno.test("requests end with their signal's reason", async (t) => {
  const enough = new Error("enough");
  for (const status of [200, 500]) {
    await t.step(`in an answer of ${status}`, async () => {
      const controller = new AbortController();
      await using server = serveHostile(() => {
        setTimeout(() => controller.abort(enough), 30);
        return new Response(new ReadableStream({ pull() {} }), { status });
      });
      using repository = connect(server.host, { retry: { tries: 1 } });
      const { signal } = controller;
      const error = await assertRejects(
        () => repository.fetchManifest(undefined, { signal }),
        Error,
      );
      assertEquals([error, server.requests.length], [enough, 1]);
    });
  }
  await t.step("before any", async () => {
    await using server = serveHostile(() => manifest());
    using repository = connect(server.host);
    const signal = AbortSignal.abort(enough);
    const asked = [
      () => repository.fetchManifest(undefined, { signal }),
      () => repository.lookUpManifest({ signal }),
    ];
    for (const ask of asked) {
      assertEquals(await assertRejects<Error>(ask, Error), enough);
    }
    assertEquals(server.requests, []);
  });
});

Deno.test("lookUpManifest() asks by HEAD, and by GET where that is unknown", async (t) => {
  const digest = digestOf(MANIFEST);
  const cases: readonly (readonly [
    string,
    Record<string, string>,
    number,
    unknown,
    string[],
  ])[] = [
    ["told", { "docker-content-digest": OTHER }, 200, OTHER, ["HEAD"]],
    ["not told", {}, 200, undefined, ["HEAD"]],
    ["odd", { "docker-content-digest": "odd" }, 200, undefined, ["HEAD"]],
    ["unknown", {}, 405, digest, ["HEAD", "GET"]],
  ];
  for (const [name, headers, status, expected, methods] of cases) {
    await t.step(name, async () => {
      await using server = serveHostile(({ method }) =>
        method === "GET" ? manifest() : new Response(null, { status, headers })
      );
      using repository = connect(server.host);
      assertEquals(await repository.lookUpManifest(), expected as string);
      assertEquals(server.requests.map(({ method }) => method), methods);
      const accepts = server.requests.map(({ headers }) =>
        headers.get("accept")?.startsWith(OCI_MANIFEST)
      );
      assertEquals(accepts, methods.map(() => Boolean(name)));
    });
  }
  await t.step("missing", async () => {
    await using server = serveHostile(() =>
      new Response(null, { status: 404 })
    );
    using repository = connect(server.host, { verb: "inspect" });
    const error = await assertRejects(
      () => repository.lookUpManifest(),
      RegistryError,
    );
    assertEquals(
      [error.message, error.status],
      ['Cannot inspect "x:1": the registry does not have it (404)', 404],
    );
  });
});

Deno.test("fetchManifest() shows five warnings of 200 letters", async () => {
  const long = "x".repeat(201);
  const texts = [long, "b", "c", "d", "e", "f"];
  const warning = texts.map((text) => `299 - "${text}"`).join(", ");
  await using server = serveHostile(() => manifest({ warning }));
  const warnings: string[] = [];
  using repository = connect(server.host, {
    onWarning: (text) => void warnings.push(text),
  });
  await repository.fetchManifest();
  assertEquals(warnings, [`${long.slice(0, 200)}…`, "b", "c", "d", "e"]);
});
