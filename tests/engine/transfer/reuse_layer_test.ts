/** What a store has already is used only for the blobs that it came from. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { type PullStore, pullStore } from "../../support/pulls/pull_store.ts";
import {
  type MadeImage,
  type MadeLayer,
  makeImage,
  type Misbehave,
  serveImage,
} from "../../support/servers/served_image.ts";

const BASE = archive(file("base.txt", "base"));
const TOP = archive(file("top.txt", "top"));
const LAYERS = [gzip(BASE), gzip(TOP)];
const IMAGE = makeImage(LAYERS);

/** An image whose config lists diff IDs that the store has, and what comes of it. */
interface Lie {
  readonly image: MadeImage;
  readonly misbehave?: Misbehave;
  readonly says: readonly string[];
}

const OTHER = archive(file("other.txt", "other"));
const HIDDEN = digestOf(OTHER);
const LIES: Readonly<Record<string, Lie>> = {
  "a blob that the registry does not have": {
    image: makeImage([gzip(BASE), { ...gzip(TOP), blob: OTHER }]),
    misbehave: ({ name }) =>
      name === HIDDEN ? new Response(null, { status: 404 }) : undefined,
    says: [HIDDEN, "the registry does not have it"],
  },
  "a blob of the base with other content": {
    image: makeImage([{ ...gzip(BASE), blob: OTHER }, gzip(TOP)]),
    says: [`uncompressed digest is ${HIDDEN}`, digestOf(BASE)],
  },
  "a blob of the top with other content": {
    image: makeImage([gzip(BASE), { ...gzip(TOP), blob: OTHER }]),
    says: [`uncompressed digest is ${HIDDEN}`, digestOf(TOP)],
  },
  "the layers in another order": {
    image: makeImage(LAYERS, {
      manifest: { layers: IMAGE.layers.toReversed() },
    }),
    says: ["uncompressed digest is"],
  },
  "the size of a layer": {
    image: makeImage(LAYERS, {
      manifest: {
        layers: IMAGE.layers.map((l) => ({ ...l, size: l.size + 1 })),
      },
    }),
    says: ["server sends", "bytes, expected"],
  },
  "the size of the config": {
    image: makeImage(LAYERS, {
      manifest: { config: { ...IMAGE.config, size: IMAGE.config.size + 1 } },
    }),
    says: [IMAGE.config.digest, `expected ${IMAGE.config.size + 1}`],
  },
};

Deno.test("pullImage() takes a config's word for no layer that the store has", async (t) => {
  for (const [name, { image, misbehave, says }] of Object.entries(LIES)) {
    await t.step(name, async () => {
      using store = pullStore();
      await pullFrom(store, IMAGE);
      const before = store.contents();
      await using registry = serveImage(image, misbehave);
      const { message } = await store.fail(registry.name);
      for (const text of says) assertStringIncludes(message, text);
      // What came of a layer beside the one that failed is for the next pull.
      const after = store.contents().filter((content) => content !== "partial");
      assertEquals(after, before);
      assertEquals(store.check(), []);
    });
  }
});

Deno.test("pullImage() fetches nothing of what it has proven", async (t) => {
  const others: Readonly<Record<string, readonly MadeLayer[]>> = {
    "the same blobs": LAYERS,
    "the same content, uncompressed": [plain(BASE), plain(TOP)],
    "a part of it": [gzip(BASE)],
  };
  for (const [name, layers] of Object.entries(others)) {
    await t.step(name, async () => {
      using store = pullStore();
      await pullFrom(store, IMAGE);
      assertEquals(await pullFrom(store, makeImage(layers)), 0);
      assertEquals(store.check(), []);
    });
  }
});

Deno.test("pullImage() fetches a layer that is packed otherwise, once", async () => {
  using store = pullStore();
  await pullFrom(store, IMAGE);
  const before = store.contents();
  const repacked = makeImage([zstd(BASE), zstd(TOP)]);
  assertEquals(await pullFrom(store, repacked), 2);
  assertEquals(await pullFrom(store, repacked), 0);
  assertEquals(await pullFrom(store, IMAGE), 0);
  assertEquals(store.contents(), before);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() believes no config that it has, but its digest", async () => {
  using store = pullStore();
  const image = makeImage(LAYERS, { config: { author: "a" } });
  await pullFrom(store, image);
  const id = hexOf(image.config.digest);
  const key = btoa(image.config.digest);
  const path = `${store.root}/overlay-images/${id}/=${key}`;
  const good = await Deno.readTextFile(path);
  const other = good.replace('"author":"a"', '"author":"b"');
  assert(other !== good);
  await Deno.writeTextFile(path, other);
  await pullFrom(store, image);
  assertEquals(await Deno.readTextFile(path), good);
});

Deno.test("pullImage() puts nothing on a layer whose content is not known", async (t) => {
  for (const digest of [undefined, digestOf("another")]) {
    await t.step(digest ?? "unknown", async () => {
      using store = pullStore();
      await pullFrom(store, makeImage([gzip(BASE)]));
      const path = `${store.root}/overlay-layers/layers.json`;
      const [layer] = JSON.parse(await Deno.readTextFile(path));
      const changed = [{ ...layer, "diff-digest": digest }];
      await Deno.writeTextFile(path, JSON.stringify(changed));
      await using registry = serveImage(IMAGE);
      const { message } = await store.fail(registry.name);
      assertStringIncludes(
        message,
        `of the store has uncompressed digest ${digest ?? "unknown"}`,
      );
    });
  }
});

/** Pulls an image. @returns How many of its layers were asked for. */
async function pullFrom(store: PullStore, image: MadeImage): Promise<number> {
  await using registry = serveImage(image);
  await store.pull(registry.name);
  return image.layers
    .flatMap(({ digest }) => registry.rangesOf(digest)).length;
}

function gzip(tar: Uint8Array<ArrayBuffer>): MadeLayer {
  return { blob: new Uint8Array(gzipSync(tar)), diffId: digestOf(tar) };
}

function zstd(tar: Uint8Array<ArrayBuffer>): MadeLayer {
  return { blob: new Uint8Array(zstdCompressSync(tar)), diffId: digestOf(tar) };
}

function plain(tar: Uint8Array<ArrayBuffer>): MadeLayer {
  return { blob: tar, diffId: digestOf(tar) };
}
