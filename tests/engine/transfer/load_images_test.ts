/** Images that are loaded from archives: which, as what, and what is refused. */

import { assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import {
  loadImages,
  type LoadOptions,
} from "../../../src/engine/transfer/load_images.ts";
import {
  BlobMismatchError,
  InvalidManifestError,
} from "../../../src/errors/image_errors.ts";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { checkStore } from "../../support/check_store.ts";
import {
  dockerArchive,
  dockerParts,
} from "../../support/images/docker_archive.ts";
import { layoutMembers } from "../../support/images/layout_archive.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import {
  type TestImage,
  writeTestLayout,
} from "../../support/images/test_layout.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";
import { tempDir } from "../../support/temp_dir.ts";

const CONTAINERD = "io.containerd.image.name";
const REF_NAME = "org.opencontainers.image.ref.name";
const AMD64 = { os: "linux", architecture: "amd64" };

const images = tempDir();
Deno.test.afterAll(() => images[Symbol.dispose]());
const ONE = await writeTestLayout(images.join("one"));
const TWO = await writeTestLayout(images.join("two"), { layerSize: 9000 });
const ID = hexOf(ONE.config.digest);

/** Archives, and the lines that the images in them make. */
const LOADED: Readonly<Record<string, readonly [Bytes, ...string[]]>> = {
  "several images of Docker's": [
    dockerArchive(
      dockerParts(ONE, { names: ["one", "registry.lan:5000/a/one:2"] }),
      dockerParts(TWO, { names: ["quay.io/two:3"] }),
    ),
    `${ID} localhost/one:latest registry.lan:5000/a/one:2`,
    `${hexOf(TWO.config.digest)} quay.io/two:3`,
  ],
  "one without a name": [dockerArchive(dockerParts(ONE, { names: [] })), ID],
  "a layout with a tag": [
    await layoutWith([{ [REF_NAME]: "v1" }]),
    `${ID} localhost/v1:latest`,
  ],
  "a layout with a name in full": [
    await layoutWith([{ [REF_NAME]: "quay.io/a:1" }]),
    `${ID} quay.io/a:1`,
  ],
  "a layout with several images": [
    await layoutWith([{ [REF_NAME]: "quay.io/a:1" }, {}]),
    `${ID} quay.io/a:1`,
    ID,
  ],
  "a layout of containerd": [
    await layoutWith([{ [REF_NAME]: "1", [CONTAINERD]: "docker.io/a/b:1" }]),
    `${ID} docker.io/a/b:1`,
  ],
  "a layout with empty names": [
    await layoutWith([{ [REF_NAME]: "", [CONTAINERD]: "" }]),
    ID,
  ],
  "a layout with a name by digest": [
    await layoutWith([{ [REF_NAME]: `quay.io/a@${ONE.manifest.digest}` }]),
    `${ID} quay.io/a@${ONE.manifest.digest}`,
  ],
  "what Docker 25 writes": [
    await bothWith([{ [REF_NAME]: "1", [CONTAINERD]: "docker.io/a/b:1" }]),
    `${ID} docker.io/a/b:1`,
  ],
  "a layout without names beside a list with some": [
    await bothWith([{ [REF_NAME]: "1" }]),
    `${ID} localhost/listed:1`,
  ],
};

Deno.test("loadImages() gives images the names of their archive", async (t) => {
  for (const [name, [bytes, ...lines]] of Object.entries(LOADED)) {
    await t.step(name, async () => {
      using store = storeAgent();
      const path = store.dir.join("any.tar");
      await Deno.writeFile(path, bytes);
      assertEquals(await load(store, path), lines);
      assertEquals(check(store), []);
    });
  }
});

Deno.test("loadImages() takes what is piped, also compressed", async () => {
  using store = storeAgent();
  const bytes = dockerArchive(dockerParts(ONE));
  const lines = [`${ID} localhost/one:1`];
  assertEquals(await load(store, new Blob([bytes]).stream()), lines);
  const packed = new Blob([new Uint8Array(gzipSync(bytes))]);
  assertEquals(await load(store, packed.stream()), lines);
  assertEquals(check(store), []);
});

Deno.test("loadImages() keeps the manifest that Docker 25 has kept", async () => {
  using store = storeAgent();
  const path = store.dir.join("a.tar");
  const annotations = { [CONTAINERD]: "docker.io/a/b:1" };
  await Deno.writeFile(path, await bothWith([annotations]));
  const loaded = await Array.fromAsync(loadImages(store.agent, path, OPTIONS));
  assertEquals(loaded.map(({ digest }) => digest), [ONE.manifest.digest]);
});

Deno.test("loadImages() names a layout in a directory after that", async () => {
  using store = storeAgent();
  assertEquals(await load(store, ONE.layout), [`${ID} localhost/one:latest`]);
  await assertRejects(
    () => load(store, store.dir.path),
    InvalidManifestError,
    "it has neither oci-layout",
  );
});

Deno.test("loadImages() reports who loses a name", async () => {
  using store = storeAgent();
  const name = "quay.io/a:1";
  for (const image of [ONE, TWO]) {
    const bytes = dockerArchive(dockerParts(image, { names: [name] }));
    await load(store, new Blob([bytes]).stream());
  }
  assertEquals(
    store.messages.filter((message) => message.startsWith("warn")),
    [`warn: name "${name}" moves here from image "${ID}"`],
  );
});

Deno.test("loadImages() takes what is for another machine", async () => {
  using store = storeAgent();
  const platform = { os: "linux", architecture: "s390x" };
  const bytes = dockerArchive(dockerParts(ONE));
  const lines = await load(store, new Blob([bytes]).stream(), { platform });
  assertEquals(lines, [`${ID} localhost/one:1`]);
  const warnings = store.messages.filter((text) => text.startsWith("warn"));
  assertEquals(
    warnings.map((text) => text.replace(/sha256:\w+/, "DIGEST")),
    ['warn: image "DIGEST" is used, but it is for linux/amd64, not linux/s390x'],
  );
});

/** What cannot be loaded, and why. */
const REFUSED: readonly (readonly [Bytes, says: string])[] = [
  [archive(file("a")), "neither manifest.json"],
  [archive(file("manifest.json", "[]")), "it lists no images"],
  [await layoutWith([]), "it lists no images"],
  [
    dockerArchive(
      dockerParts(ONE),
      dockerParts(TWO, { names: ["quay.io/A:1"] }),
    ),
    'Cannot parse reference "quay.io/A:1"',
  ],
  [
    await layoutWith([{ [REF_NAME]: "../../etc" }]),
    "is named so: Cannot parse",
  ],
];

Deno.test("loadImages() refuses archives before it loads a part", async (t) => {
  for (const [bytes, says] of REFUSED) {
    await t.step(says, async () => {
      using store = storeAgent();
      await assertRejects(
        () => load(store, new Blob([bytes]).stream()),
        InvalidManifestError,
        says,
      );
      using held = await store.agent.store.lock({ images: "read" });
      assertEquals([...held.images.records], []);
      assertEquals(check(store), []);
    });
  }
});

const OTHER = `quay.io/a@${TWO.manifest.digest}`;

/** Images that are called by the digest of another one. */
const MISNAMED: Readonly<Record<string, Bytes>> = {
  "in Docker's list": dockerArchive(dockerParts(ONE, { names: [OTHER] })),
  "as a second name": dockerArchive(
    dockerParts(ONE, { names: ["quay.io/a:1", OTHER] }),
  ),
  "in a layout": await layoutWith([{ [REF_NAME]: OTHER }]),
  "in one of containerd": await layoutWith([{ [CONTAINERD]: OTHER }]),
};

Deno.test("loadImages() refuses a name with another image's digest", async (t) => {
  for (const [name, bytes] of Object.entries(MISNAMED)) {
    await t.step(name, async () => {
      using store = storeAgent();
      await assertRejects(
        () => load(store, new Blob([bytes]).stream()),
        BlobMismatchError,
        `Cannot store an image as "${OTHER}": its manifest is sha256:`,
      );
      using held = await store.agent.store.lock({ images: "read" });
      assertEquals([...held.images.records], []);
      assertEquals(check(store), []);
    });
  }
});

const OPTIONS: LoadOptions = { platform: AMD64 };

async function load(
  { agent }: StoreAgent,
  input: string | ReadableStream<Bytes>,
  options: LoadOptions = OPTIONS,
): Promise<readonly string[]> {
  return await Array.fromAsync(
    loadImages(agent, input, options),
    ({ imageId, names }) => [imageId, ...names].join(" "),
  );
}

function check({ dir }: StoreAgent): readonly string[] {
  return checkStore({ root: dir.join("root"), runRoot: dir.join("run") });
}

type Annotations = Readonly<Record<string, string>>;

async function layoutWith(
  entries: readonly Annotations[],
  { layout, manifest }: TestImage = ONE,
): Promise<Bytes> {
  const members = await layoutMembers(layout);
  const manifests = entries.map((annotations) => ({
    ...manifest,
    ...Object.keys(annotations).length > 0 && { annotations },
  }));
  const index = JSON.stringify({ schemaVersion: 2, manifests });
  return archive(
    ...members.filter(({ name }) => name !== "index.json"),
    file("index.json", index),
  );
}

/** A layout, and a list of the same image. */
async function bothWith(entries: readonly Annotations[]): Promise<Bytes> {
  const end = 1024;
  const layout = await layoutWith(entries);
  const { config, layers } = ONE;
  const partOf = ({ digest }: TestImage["config"]) =>
    `blobs/sha256/${hexOf(digest)}`;
  const list = file(
    "manifest.json",
    JSON.stringify([{
      Config: partOf(config),
      RepoTags: ["listed:1"],
      Layers: layers.map(partOf),
    }]),
  );
  return concatBytes([layout.subarray(0, -end), archive(list)]);
}
