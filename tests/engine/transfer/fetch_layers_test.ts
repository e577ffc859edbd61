/** All kinds of layers and manifests that are legal. */

import { assert, assertEquals } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  DOCKER_CONFIG,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_INDEX,
} from "../../../src/formats/oci/media_types.ts";
import { isTimestamp } from "../../../src/formats/storage/timestamp.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { type PullStore, pullStore } from "../../support/pulls/pull_store.ts";
import {
  type MadeImage,
  type MadeLayer,
  makeImage,
  noise,
  serveImage,
  withManifest,
} from "../../support/servers/served_image.ts";
import { storeAgent } from "../../support/store_agent.ts";

const CONTENT = "text ".repeat(40_000);
const TAR = archive(file("text.txt", CONTENT), file("other.txt", "other"));
const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
const SKIPPABLE = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const BLOBS: Readonly<Record<string, Bytes>> = {
  "plain": TAR,
  "gzip": gzip(TAR),
  "gzip, several members": concatBytes(cut(TAR, 60_000).map(gzip)),
  "gzip, members of a few bytes": concatBytes(
    [...cut(TAR.subarray(0, 100), 7), TAR.subarray(100)].map(gzip),
  ),
  "gzip, zeros behind": concatBytes([gzip(TAR), new Uint8Array(2000)]),
  "zstd": zstd(TAR),
  "zstd, several frames": concatBytes(cut(TAR, 60_000).map(zstd)),
  "zstd, frames to skip": concatBytes([
    SKIPPABLE,
    ...cut(TAR, 60_000).flatMap((part) => [zstd(part), SKIPPABLE]),
  ]),
};

Deno.test("pullImage() unpacks layers however they are packed", async (t) => {
  for (const [name, blob] of Object.entries(BLOBS)) {
    await t.step(name, async () => {
      using store = pullStore();
      const image = makeImage([{ blob, diffId: digestOf(TAR) }]);
      await using registry = serveImage(image);
      await store.pull(registry.name);
      assertEquals(await readFile(store, "text.txt"), CONTENT);
      assertEquals(store.check(), []);
    });
  }
});

Deno.test("pullImage() unpacks what follows an archive's end for its diff ID", async () => {
  using store = pullStore();
  const tar = concatBytes([TAR, new Uint8Array(9000), noise(700)]);
  const image = makeImage([{ blob: gzip(tar), diffId: digestOf(tar) }]);
  await using registry = serveImage(image);
  await store.pull(registry.name);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() takes Docker's types as well as OCI's", async (t) => {
  const types: Readonly<Record<string, Bytes>> = {
    [DOCKER_LAYER]: TAR,
    [`${DOCKER_LAYER}.gzip`]: gzip(TAR),
    [`${DOCKER_LAYER}.zstd`]: zstd(TAR),
  };
  for (const [mediaType, blob] of Object.entries(types)) {
    await t.step(mediaType, async () => {
      using store = pullStore();
      await using registry = serveImage(toDocker({
        blob,
        diffId: digestOf(TAR),
        mediaType,
      }));
      await store.pull(registry.name);
      assertEquals(await readFile(store, "text.txt"), CONTENT);
      assertEquals(store.check(), []);
    });
  }
});

Deno.test("pullImage() picks the wanted platform of an index", async (t) => {
  const other = makeImage([layer("arm")], {
    config: { architecture: "arm64", variant: "v8" },
  });
  const own = makeImage([layer("amd")]);
  const entries = [
    { ...other.manifest, platform: { os: "linux", architecture: "arm64" } },
    { ...own.manifest, platform: { os: "linux", architecture: "amd64" } },
  ];
  for (const mediaType of [OCI_INDEX, DOCKER_LIST]) {
    const body = { schemaVersion: 2, mediaType, manifests: entries };
    const image = withManifest([other, own], body);
    for (const architecture of ["amd64", "arm64"]) {
      await t.step(`${mediaType} ${architecture}`, async () => {
        using store = pullStore();
        await using registry = serveImage(image);
        const platform = { os: "linux", architecture };
        const { digest } = await store.pull(registry.name, { platform });
        assertEquals(digest, image.manifest.digest);
        const text = await readFile(store, "name.txt");
        assertEquals(text, architecture.slice(0, 3));
        assertEquals(store.check(), []);
      });
    }
  }
});

Deno.test("pullImage() fetches a layer once that an image has twice", async () => {
  using store = pullStore();
  const twice = layer("twice");
  const image = makeImage([twice, layer("between"), twice, twice]);
  await using registry = serveImage(image);
  await store.pull(registry.name);
  assertEquals(registry.rangesOf(digestOf(twice.blob)), [""]);
  const kinds = store.contents().map((item) => item.split(" ")[0]);
  assertEquals(kinds, ["image", "layer", "layer", "layer", "layer"]);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() stores an image without layers", async () => {
  using store = pullStore();
  const image = makeImage([]);
  await using registry = serveImage(image);
  const { imageId } = await store.pull(registry.name);
  assertEquals(store.contents(), [`image ${imageId}`]);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() records times that other tools can read", async (t) => {
  const good = "2026-01-31T12:00:00.5Z";
  for (const created of [good, null]) {
    await t.step(`${created}`, async () => {
      using store = pullStore();
      const image = makeImage([], { config: { created } });
      await using registry = serveImage(image);
      await store.pull(registry.name);
      const path = `${store.root}/overlay-images/images.json`;
      const [record] = JSON.parse(await Deno.readTextFile(path));
      assertEquals(record.created === created, created === good);
      assert(isTimestamp(record.created), record.created);
    });
  }
});

Deno.test("pullImage() believes an index that a config contradicts, and says so", async () => {
  using test = storeAgent();
  const image = makeImage([layer("a")], { config: { architecture: "s390x" } });
  const platform = { os: "linux", architecture: "amd64" };
  await using registry = serveImage(withManifest([image], {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ ...image.manifest, platform }],
  }));
  await pullImage(test.agent, registry.name);
  assertEquals(test.messages.filter((text) => text.startsWith("warn")), [
    `warn: image "${image.manifest.digest}" is used, as its index says that ` +
    "it is for linux/amd64; but its config says that it is for linux/s390x, " +
    "not linux/amd64",
  ]);
});

Deno.test("pullImage() takes an empty blob for an empty layer", async () => {
  using store = pullStore();
  const blob = new Uint8Array();
  await using registry = serveImage(makeImage([{
    blob,
    diffId: digestOf(blob),
  }]));
  await store.pull(registry.name);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() fetches no blob if all is here", async () => {
  using store = pullStore();
  const image = makeImage([layer("a"), layer("b")]);
  await using registry = serveImage(image);
  await store.pull(registry.name);
  const isBlob = ({ url }: { url: string }) => url.includes("/blobs/");
  const before = registry.requests.filter(isBlob).length;
  assertEquals(before, 3);
  await store.pull(registry.name);
  await store.pull(`${registry.host}/again:2`);
  assertEquals(registry.requests.filter(isBlob).length, before);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() fetches only the layers that are not here", async () => {
  using store = pullStore();
  const [base, top, otherTop] = [layer("a"), layer("b"), layer("c")];
  await using first = serveImage(makeImage([base, top]));
  await using second = serveImage(makeImage([base, otherTop]));
  await store.pull(first.name);
  await store.pull(second.name);
  assertEquals(second.rangesOf(digestOf(base.blob)), []);
  assertEquals(second.rangesOf(digestOf(otherTop.blob)), [""]);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() fetches a layer once for two pulls in a process", async () => {
  using store = pullStore();
  const [base, top, otherTop] = [layer("a"), layer("b"), layer("c")];
  await using first = serveImage(makeImage([base, top]));
  await using second = serveImage(makeImage([base, otherTop]));
  await Promise.all([
    store.pull(first.name),
    store.pull(second.name),
    store.pull(`${second.host}/again:1`),
  ]);
  const digest = digestOf(base.blob);
  const ranges = [...first.rangesOf(digest), ...second.rangesOf(digest)];
  assertEquals(ranges, [""]);
  assertEquals(second.rangesOf(digestOf(otherTop.blob)), [""]);
  assertEquals(store.check(), []);
});

function layer(name: string): MadeLayer {
  const tar = archive(file("name.txt", name));
  return { blob: gzip(tar), diffId: digestOf(tar) };
}

/** As registries have it that convert nothing. */
function toDocker(layer: MadeLayer): MadeImage {
  const image = makeImage([layer]);
  return makeImage([layer], {
    manifest: {
      mediaType: DOCKER_MANIFEST,
      config: { ...image.config, mediaType: DOCKER_CONFIG },
    },
  });
}

async function readFile(store: PullStore, name: string): Promise<string> {
  const [, id] = store.contents().find((item) => item.startsWith("layer"))
    ?.split(" ") ?? [];
  return await Deno.readTextFile(`${store.root}/overlay/${id}/diff/${name}`);
}

function cut(bytes: Bytes, size: number): readonly Bytes[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from(
    { length: count },
    (_, index) => bytes.subarray(index * size, (index + 1) * size),
  );
}

function gzip(bytes: Bytes): Bytes {
  return new Uint8Array(gzipSync(bytes));
}

function zstd(bytes: Bytes): Bytes {
  return new Uint8Array(zstdCompressSync(bytes));
}
