import { assertEquals } from "@std/assert";
import { findMountSources } from "../../../src/engine/media/mount_sources.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import { parseReference } from "../../../src/formats/oci/reference.ts";
import { parseImageId } from "../../../src/formats/storage/store_ids.ts";
import { putImage } from "../../../src/store/put_image.ts";
import type { Agent } from "../../../src/engine/agent.ts";
import { memoryAgent } from "../../support/memory/memory_store.ts";

const CONFIG = digestOf(toBytes("config"));
const LAYER = digestOf(toBytes("layer"));
const OTHER = digestOf(toBytes("other"));

function manifestOf(layer: string): string {
  return JSON.stringify({
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST },
    config: { mediaType: OCI_CONFIG, digest: CONFIG, size: 1 },
    layers: [{ mediaType: OCI_LAYER_GZIP, digest: layer, size: 1 }],
  });
}

/** Stores images by their names, with the text of a manifest each. */
async function put(
  { store }: Agent,
  images: readonly (readonly [readonly string[], string | undefined])[],
): Promise<void> {
  using held = await store.lock({ layers: "write", images: "write" });
  for (const [index, [names, text]] of images.entries()) {
    putImage(store, held.images, {
      id: parseImageId(`${index}`.repeat(64)),
      names: names as never,
      ...{ layer: undefined, digest: CONFIG, created: "2026-01-02T03:04:05Z" },
      items: text === undefined ? [] : [["manifest", toBytes(text)]],
    });
  }
}

Deno.test("findMountSources() knows which repositories of the registry have a blob", async () => {
  const agent = memoryAgent();
  await put(agent, [
    [["q.test/a:1", "q.test/b:1", "other.test/c:1"], manifestOf(LAYER)],
    [["q.test/d:1"], manifestOf(LAYER)],
    [["q.test/d:2"], manifestOf(OTHER)],
    [["q.test/own:1"], manifestOf(OTHER)],
    [["NOT A NAME"], manifestOf(OTHER)],
    [["q.test/damaged:1"], "{"],
    [["q.test/none:1"], undefined],
    [
      ["q.test/index:1"],
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] },
      }),
    ],
  ]);
  const to = parseReference("q.test/own:9");
  const sources = findMountSources(agent, { to });
  assertEquals(await sources(LAYER), ["a", "b", "d"]);
  assertEquals(await sources(OTHER), ["d"]);
  assertEquals(await sources(CONFIG), ["a", "b", "d"]);
  assertEquals(await sources(digestOf(toBytes("none"))), []);
  // Names are read once.
  await put(agent, [[["q.test/new:1"], manifestOf(LAYER)]]);
  assertEquals(await sources(LAYER), ["a", "b", "d"]);
  const elsewhere = findMountSources(agent, { to: parseReference("x.test/a") });
  assertEquals(await elsewhere(LAYER), []);
});

Deno.test("findMountSources() takes the repository that an image comes from", async (t) => {
  const cases: readonly (readonly [string | undefined, readonly string[]])[] = [
    ["q.test/from:1", ["from"]],
    // That is the destination, so that nothing has to be mounted from it.
    ["q.test/own:1", ["stored"]],
    ["other.test/from:1", ["stored"]],
    [undefined, ["stored"]],
  ];
  for (const [from, expected] of cases) {
    await t.step(`${from}`, async () => {
      const agent = memoryAgent();
      await put(agent, [[["q.test/stored:1"], manifestOf(LAYER)]]);
      const sources = findMountSources(agent, {
        to: parseReference("q.test/own:2"),
        from: from === undefined ? undefined : parseReference(from),
      });
      assertEquals(await sources(LAYER), expected);
    });
  }
});
