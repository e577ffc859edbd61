import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_GZIP } from "../../../src/formats/oci/media_types.ts";
import { Repository } from "../../../src/registry/repository.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";

const TEXT = "a layer of somebody else";
const BLOB = {
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf(TEXT),
  size: TEXT.length,
};

function connect(host: string): Repository {
  return new Repository({
    registry: new URL(`http://${host}`),
    ...{ path: "x", name: "1", title: "x:1" },
    credentials: { kind: "password", username: "me", password: "secret" },
    retry: { tries: 1, delayMs: 1, headerTimeoutMs: 2000 },
  });
}

Deno.test("open() finds what a registry lacks where its descriptor says", async (t) => {
  await using server = await serveScript([
    { match: /^\/here/, answer: { body: TEXT } },
    { match: /^\/(busy)/, answer: { status: 503 } },
    { answer: { status: 404 } },
  ]);
  using repository = connect(server.host);
  const at = (path: string) => `http://${server.host}/${path}`;
  const refused = 'url "file:///x" refused (scheme)';
  const none = `"${server.host}": `;
  const cases: readonly (readonly [
    string,
    readonly string[] | undefined,
    readonly string[] | undefined,
  ])[] = [
    ["at the first place", [at("here")], undefined],
    ["at the third place", ["file:///x", at("gone"), at("here")], undefined],
    ["at no fourth place", [at("a"), at("b"), at("c"), at("here")], [none]],
    ["nowhere", [at("gone")], [none]],
    ["at a place that is busy", [at("busy")], [none]],
    ["at no place that is refused", ["file:///x?secret"], [refused]],
    ["at none", ["no place"], ['url "no place" refused (no URL)']],
    ["nor where none is said", [], []],
    ["nor where nobody says", undefined, []],
  ];
  for (const [name, urls, failures] of cases) {
    await t.step(name, async () => {
      const open = () => repository.open({ ...BLOB, ...urls && { urls } });
      if (failures === undefined) {
        assertEquals(await new Response(await open()).text(), TEXT);
        return;
      }
      const error = await assertRejects(open, RegistryError);
      const [own, ...others] = error.message.split("; ");
      assertEquals([error.status, error.reason], [404, "answered"]);
      assert(own?.includes("x:1") || own?.includes(BLOB.digest));
      for (const failure of failures) {
        const isSaid = others.some((one) => one.startsWith(failure));
        assert(isSaid, error.message);
      }
      assertFalse(error.message.includes("secret"));
    });
  }
  await t.step("without a login", () => {
    const there = server.requests.filter(({ path }) => !/^\/v2/.test(path));
    assertEquals(
      there.filter(({ headers }) => headers.has("authorization")),
      [],
    );
    assert(there.length > 5);
  });
});

Deno.test("open() asks nobody else about other failures", async () => {
  await using server = await serveScript([
    { match: /^\/here/, answer: { body: TEXT } },
    { answer: { status: 403 } },
  ]);
  using repository = connect(server.host);
  const urls = [`http://${server.host}/here`];
  const error = await assertRejects(
    () => repository.open({ ...BLOB, urls }),
    RegistryError,
  );
  assertEquals(error.status, 403);
  assertFalse(server.requests.some(({ path }) => path === "/here"));
});
