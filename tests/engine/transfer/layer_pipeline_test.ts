/** One layer fails while others are on their way. */

import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import { existsSync, readdirSync, statSync } from "node:fs";
import type { Digest } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { layerIdsOf } from "../../../src/image/layer_ids.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { pullStore } from "../../support/pulls/pull_store.ts";
import {
  makeImage,
  noise,
  sendHalf,
  serveImage,
} from "../../support/servers/served_image.ts";
import { tempDir } from "../../support/temp_dir.ts";

const BASE = await layerOf({ "base.txt": "base" });
const LARGE = await layerOf({ "large.bin": noise(1_000_000) });
const SMALL = await layerOf({ "small.txt": "small" });
const MIDDLE = await layerOf({ "middle.bin": noise(100_000) });
const OTHER = await layerOf({ "other.bin": noise(100_000) });
// Far below what an idle connection may take, far above what a pull takes.
const AT_ONCE_MS = 10_000;

Deno.test("pullImage() ends as soon as any layer fails", async () => {
  using store = pullStore();
  const image = makeImage([LARGE, SMALL]);
  const [large, small] = digestsOf(image.layers);
  // The base would take for ever.
  await using registry = serveImage(image, async ({ name }) => {
    if (name === large) return sendHalf(LARGE.blob);
    if (name !== small) return undefined;
    while (!store.partials().some((path) => statSync(path).size > 0)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return new Response(null, { status: 404 });
  });
  const started = performance.now();
  const { message } = await store.fail(registry.name);
  assert(performance.now() - started < AT_ONCE_MS);
  assertStringIncludes(message, small ?? "none");
  // What came of the other one is for the next pull.
  assertEquals(store.contents(), ["partial"]);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() keeps layers that are whole when another one fails", async () => {
  using store = pullStore();
  const layers = [BASE, MIDDLE, LARGE, OTHER];
  const image = makeImage(layers);
  const [base, middle, large] = digestsOf(image.layers);
  let isGood = false;
  const unpacked: (Digest | undefined)[] = [];
  await using registry = serveImage(image, async ({ name }) => {
    if (isGood || name !== large) return undefined;
    while (![base, middle].every((digest) => unpacked.includes(digest))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return new Response(noise(LARGE.blob.length));
  });
  const failed = await store.fail(registry.name, {
    onEvent(event) {
      if (event.kind === "unpacked") unpacked.push(event.digest);
    },
  });
  assertStringIncludes(failed.message, large ?? "none");
  assertEquals(failed.code, 5);
  // OTHER is whole, too, but has no parent. Whether it was unpacked is chance.
  const [baseId, middleId] = layerIdsOf(
    layers.map(({ diffId }) => diffId as Digest),
  );
  assertEquals(
    store.contents().filter((content) => content !== "partial"),
    [`layer ${baseId}`, `layer ${middleId}`],
  );
  assertEquals(store.check(), []);
  isGood = true;
  await store.pull(registry.name);
  const counts = [base, middle, large].map((digest) =>
    registry.rangesOf(digest as Digest).length
  );
  // Wrong bytes may have been spoilt on their way: they are asked for twice.
  assertEquals(counts, [1, 1, 3]);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() keeps what came of layers beside one that fails", async () => {
  using store = pullStore();
  const image = makeImage([SMALL, LARGE, OTHER]);
  const [small, large, other] = digestsOf(image.layers);
  const sizes = [LARGE.blob.length, OTHER.blob.length];
  const keptSizes = () => store.partials().map((path) => statSync(path).size);
  let isGood = false;
  await using registry = serveImage(image, async ({ name }) => {
    if (isGood || name !== small) return undefined;
    while (!sizes.every((size) => keptSizes().includes(size))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return new Response(noise(SMALL.blob.length));
  });
  const { code, message } = await store.fail(registry.name);
  assertEquals(code, 5);
  assertStringIncludes(message, small ?? "none");
  assert(sizes.every((size) => keptSizes().includes(size)));
  isGood = true;
  await store.pull(registry.name);
  const counts = [large, other].map((digest) =>
    registry.rangesOf(digest as Digest).length
  );
  assertEquals(counts, [1, 1]);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() puts layers that are on the disk into the store, though it is stopped", async () => {
  using store = pullStore();
  const layers = [BASE, MIDDLE, LARGE];
  const image = makeImage(layers);
  await using registry = serveImage(image, () => undefined);
  const stop = new AbortController();
  const { message } = await store.fail(registry.name, {
    signal: stop.signal,
    onEvent({ kind }) {
      if (kind === "committed") stop.abort(new Error("stopped by the test"));
    },
  });
  assertStringIncludes(message, "stopped by the test");
  const ids = layerIdsOf(layers.map(({ diffId }) => diffId as Digest));
  assertEquals(
    store.contents().toSorted(),
    ids.map((id) => `layer ${id}`).toSorted(),
  );
  assertEquals(store.check(), []);
  await store.pull(registry.name);
  const counts = digestsOf(image.layers).map((digest) =>
    registry.rangesOf(digest).length
  );
  assertEquals(counts, [1, 1, 1]);
});

Deno.test("pullImage() leaves nothing when it is aborted amid many files", async () => {
  using store = pullStore();
  using dir = tempDir();
  const layers = Array.from({ length: 3 }, (_, layer) => {
    const names = Array.from({ length: 20_000 }, (_, n) => `${layer}-${n}`);
    const blob = archive(...names.map((name) => file(name)));
    return { blob, diffId: digestOf(blob) };
  });
  await writeLayout(dir.path, layers);
  const stop = new AbortController();
  const pulled = store.fail(`oci:${dir.path}:latest`, { signal: stop.signal });
  const staging = `${store.root}/overlay/tempdirs`;
  while (!hasFiles(staging)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stop.abort(new Error("stopped by the test"));
  assertStringIncludes((await pulled).message, "stopped by the test");
  assertFalse(existsSync(staging));
  assertEquals(store.contents(), []);
  assertEquals(store.check(), []);
});

/** Whether files of a layer are there. */
function hasFiles(staging: string): boolean {
  if (!existsSync(staging)) return false;
  const names = readdirSync(staging, { recursive: true, encoding: "utf8" });
  return names.some((name) => /\/diff\/\d-\d+$/.test(name));
}

Deno.test("pullImage() reports one failure if all layers fail", async () => {
  using store = pullStore();
  const image = makeImage([BASE, MIDDLE, LARGE, OTHER, SMALL]);
  await using registry = serveImage(
    image,
    ({ kind, name }) =>
      kind === "blob" && name !== image.config.digest
        ? new Response(null, { status: 403 })
        : undefined,
  );
  const { code, message } = await store.fail(registry.name);
  assertEquals(code, 6);
  assertStringIncludes(message, "Cannot pull layer");
  assertEquals(store.contents(), []);
  assertEquals(store.check(), []);
});

function digestsOf(
  layers: readonly { digest: Digest }[],
): readonly Digest[] {
  return layers.map(({ digest }) => digest);
}
