import { assertEquals, assertRejects } from "@std/assert";
import {
  BlobMismatchError,
  RegistryError,
  UnauthorizedError,
} from "../../../src/errors/image_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_MANIFEST } from "../../../src/formats/oci/media_types.ts";
import type { Sender } from "../../../src/registry/send_authorized.ts";
import {
  isManifestRefused,
  pushManifest,
} from "../../../src/registry/upload/push_manifest.ts";

const BYTES = toBytes('{"schemaVersion":2}');
const DIGEST = digestOf(BYTES);
const RAW = { bytes: BYTES, mediaType: OCI_MANIFEST, digest: DIGEST };
const RETRY = { tries: 7 };

/** Pushes to who answers so: what is sent there. */
async function push(answer: Response, signal?: AbortSignal) {
  const sent: unknown[] = [];
  const sender: Sender = {
    send(url, request) {
      sent.push([url.href, request]);
      return Promise.resolve(answer);
    },
    expectLogin() {},
    extend: () => sender,
  };
  const url = new URL("http://r.test/v2/x/");
  await pushManifest(
    { sender, url, retry: RETRY },
    RAW,
    { name: "1", title: "x:1", signal },
  );
  return sent;
}

const answer = (
  status: number,
  headers: Record<string, string> = {},
  body: string | null = "{}",
) => new Response(body, { status, headers });

Deno.test("pushManifest() puts the bytes as they are", async (t) => {
  const { signal } = new AbortController();
  const expected = [[
    "http://r.test/v2/x/manifests/1",
    {
      method: "PUT",
      headers: { "content-type": OCI_MANIFEST },
      body: BYTES,
      signal,
      retry: RETRY,
    },
  ]];
  const answers = {
    "201": answer(201),
    "200": answer(200),
    "its digest": answer(201, { "docker-content-digest": DIGEST }),
  };
  for (const [name, response] of Object.entries(answers)) {
    await t.step(name, async () => {
      assertEquals(await push(response, signal), expected);
      // It is not left to keep a connection.
      assertEquals((await response.body?.getReader().read())?.done, !!signal);
    });
  }
});

Deno.test("pushManifest() reports what a registry did not store", async (t) => {
  const other = digestOf("other");
  const cases: readonly (readonly [
    string,
    Response,
    new (message: string) => Error,
    string,
  ])[] = [
    [
      "another one",
      answer(201, { "docker-content-digest": other }),
      BlobMismatchError,
      `the registry stored its manifest as "${other}", expected ${DIGEST}`,
    ],
    [
      "an odd one",
      answer(201, { "docker-content-digest": "x".repeat(151) }),
      BlobMismatchError,
      `the registry stored its manifest as "${"x".repeat(150)}", expected ` +
      DIGEST,
    ],
    [
      "a page",
      answer(200, { "content-type": "text/html; charset=utf-8" }),
      RegistryError,
      "the server sent a web page; is it a registry, or does a proxy or a " +
      "login page answer in its place?",
    ],
    [
      "none, for rights",
      answer(403),
      UnauthorizedError,
      "these credentials do not allow to push; use orlop login or --creds " +
      "(403)",
    ],
    [
      "none, for no login",
      answer(401),
      UnauthorizedError,
      "it needs (other) credentials; use orlop login or --creds (401)",
    ],
    [
      "none, for no repository",
      answer(404),
      RegistryError,
      "the registry does not know the repository; some require it to be created first " +
      "(404)",
    ],
    [
      "none at all",
      answer(405),
      RegistryError,
      "the registry does not accept pushes; is it a mirror, or read-only? (405)",
    ],
    [
      "none that is so large",
      answer(413),
      RegistryError,
      "it is larger than the registry, or a proxy, accepts (413)",
    ],
    [
      "none now",
      answer(500, {}, '{"errors":[{"code":"C","message":"m"}]}'),
      RegistryError,
      "the registry failed (500 C: m)",
    ],
  ];
  for (const [name, response, kind, why] of cases) {
    await t.step(name, async () => {
      const error = await assertRejects(() => push(response), kind);
      assertEquals(error.message, `Cannot push "x:1": ${why}`);
      if (error instanceof RegistryError) {
        assertEquals(
          [error.status, error.reason],
          response.ok ? [0, "malformed"] : [response.status, "answered"],
        );
      }
    });
  }
});

Deno.test("isManifestRefused() knows what another format may help with", () => {
  const of = (status: number, code?: string) =>
    isManifestRefused(
      new RegistryError("no", { status, ...code !== undefined && { code } }),
    );
  const refused = [
    ...[of(415), of(400, "MANIFEST_INVALID"), of(404, "TAG_INVALID")],
    ...[of(499, "UNSUPPORTED"), of(415, "OTHER")],
  ];
  assertEquals(refused, [true, true, true, true, true]);
  const others = [
    ...[of(400), of(400, "DENIED"), of(500, "MANIFEST_INVALID")],
    ...[of(399, "UNSUPPORTED"), isManifestRefused(new Error("415"))],
  ];
  assertEquals(others, [false, false, false, false, false]);
});
