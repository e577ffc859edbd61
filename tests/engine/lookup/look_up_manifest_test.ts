import { assertEquals, assertRejects } from "@std/assert";
import { lookUpManifest } from "../../../src/engine/lookup/look_up_manifest.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_INDEX } from "../../../src/formats/oci/media_types.ts";
import { parseImageId } from "../../../src/formats/storage/store_ids.ts";
import { putImage } from "../../../src/store/put_image.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { makeImage, serveImage } from "../../support/servers/served_image.ts";
import { addImage, testRuntime } from "../../support/test_runtime.ts";

const IMAGE = makeImage([await layerOf({ file: "content" })]);
const ONCE = { tlsVerify: false, retry: { tries: 1 } };

Deno.test("lookUpManifest() fetches the manifest as it is", async (t) => {
  await using registry = serveImage(IMAGE);
  using test = testRuntime();
  const { agent } = test;
  // The image of the store is no list, so that it is not taken.
  await addImage(agent, { names: [registry.name] });
  const { manifest } = IMAGE;
  for (const name of [registry.name, `docker://${registry.name}`]) {
    await t.step(name.replace(registry.host, "HOST"), async () => {
      const { bytes, mediaType, digest } = await lookUpManifest(
        ...[agent, name, ONCE] as const,
      );
      assertEquals([mediaType, digest], [manifest.mediaType, manifest.digest]);
      assertEquals(bytes, IMAGE.blobs.get(manifest.digest));
    });
  }
  await t.step("unless it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    for (const name of [registry.name, `docker://${registry.name}`]) {
      await assertRejects(
        () => lookUpManifest(agent, name, { ...ONCE, signal }),
        Error,
        "enough",
      );
    }
  });
});

Deno.test("lookUpManifest() takes a list of the store, if a name has no transport", async () => {
  await using registry = serveImage(IMAGE);
  using test = testRuntime();
  const { agent } = test;
  const text = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] },
  });
  const bytes = toBytes(text);
  using held = await agent.store.lock({ images: "write" });
  putImage(agent.store, held.images, {
    id: parseImageId("a".repeat(64)),
    names: [registry.name as never],
    layer: undefined,
    digest: digestOf(bytes),
    items: [["manifest", bytes]],
    created: "2026-01-02T03:04:05Z",
  });
  held[Symbol.dispose]();
  assertEquals(await lookUpManifest(agent, registry.name, ONCE), {
    ...{ bytes, mediaType: OCI_INDEX, digest: digestOf(bytes) },
  });
  assertEquals(registry.requests, []);
  const fetched = await lookUpManifest(
    ...[agent, `docker://${registry.name}`, ONCE] as const,
  );
  assertEquals(fetched.digest, IMAGE.manifest.digest);
});

Deno.test("lookUpManifest() continues if the store's manifest is odd or missing", async () => {
  await using registry = serveImage(IMAGE);
  using test = testRuntime();
  const { agent } = test;
  const odd = [undefined, "{", "[]", '{"mediaType":1}', "{}"];
  for (const [index, text] of odd.entries()) {
    const name = `${registry.host}/odd:${index}`;
    using held = await agent.store.lock({ images: "write" });
    putImage(agent.store, held.images, {
      id: parseImageId(`${index}`.repeat(64)),
      names: [name as never],
      ...{ layer: undefined, digest: IMAGE.manifest.digest },
      items: text === undefined ? [] : [["manifest", toBytes(text)]],
      created: "2026-01-02T03:04:05Z",
    });
    held[Symbol.dispose]();
    const { digest } = await lookUpManifest(agent, name, ONCE);
    assertEquals(digest, IMAGE.manifest.digest);
  }
});
