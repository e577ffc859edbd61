/** What every `ImageSink` promises. */

import { assertEquals, assertRejects } from "@std/assert";
import { copyImage } from "../../src/engine/transfer/copy_image.ts";
import { BlobMismatchError } from "../../src/errors/image_errors.ts";
import { PolicyError } from "../../src/errors/store_errors.ts";
import type { ImageSource } from "../../src/formats/oci/blob_source.ts";
import type { Descriptor } from "../../src/formats/oci/descriptor.ts";
import type { Digest } from "../../src/formats/oci/digest.ts";
import type { ImageSink } from "../../src/formats/oci/image_sink.ts";
import {
  type TestImage,
  writeTestLayout,
} from "../support/images/test_layout.ts";
import { memoryImage } from "../support/memory/memory_image.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A place that holds no image yet. */
export interface EmptyPlace extends Disposable {
  /** Opens it for one image, which is to have this name. */
  open(name: string): ImageSink<unknown>;
  /** The image of a name: the digest of its manifest. */
  find(name: string): Promise<string | undefined>;
  /** What is wrong with it. */
  check(): readonly string[];
}

const PLATFORM = { os: "linux", architecture: "amd64" };
const ONE = "one";
const OTHER = "other";

/** Tries the promises on places that `make` gives. */
export async function testImageSink(
  t: Deno.TestContext,
  make: () => EmptyPlace,
): Promise<void> {
  using dir = tempDir();
  const image = await writeTestLayout(dir.join("image"));
  const good = await memoryImage(image);
  const step = (name: string, body: (place: EmptyPlace) => Promise<void>) =>
    t.step(name, async () => {
      using place = make();
      await body(place);
      assertEquals(place.check(), []);
    });
  const copy = (source: ImageSource, place: EmptyPlace, name = ONE) =>
    copyImage(source, place.open(name), { platform: PLATFORM });

  await step("takes an image, as its name", async (place) => {
    await copy(good, place);
    assertEquals(await place.find(ONE), image.manifest.digest);
    assertEquals(await place.find(OTHER), undefined);
  });

  await step("asks for no layer that it has", async (place) => {
    await copy(good, place);
    const watched = watch(good);
    await copy(watched, place, OTHER);
    assertEquals(watched.opened.filter((digest) => isLayer(image, digest)), []);
    assertEquals(await place.find(ONE), image.manifest.digest);
    assertEquals(await place.find(OTHER), image.manifest.digest);
  });

  await step("moves a name from one image to another", async (place) => {
    const next = await writeTestLayout(dir.join("next"), { layerSize: 7000 });
    await copy(good, place);
    await copy(good, place, OTHER);
    await copy(await memoryImage(next), place);
    assertEquals(await place.find(ONE), next.manifest.digest);
    assertEquals(await place.find(OTHER), image.manifest.digest);
  });

  await step("refuses bytes that are not as promised", async (place) => {
    const spoilt = replaceLayers(
      good,
      image,
      ({ size }) => new Blob([new Uint8Array(size)]).stream(),
    );
    await assertRejects(() => copy(spoilt, place), BlobMismatchError);
    assertEquals(await place.find(ONE), undefined);
    await copy(good, place);
    assertEquals(await place.find(ONE), image.manifest.digest);
  });

  await step("refuses more bytes than were promised", async (place) => {
    const longer = replaceLayers(
      good,
      image,
      ({ size }) => new Blob([new Uint8Array(size + 1)]).stream(),
    );
    await assertRejects(() => copy(longer, place), BlobMismatchError);
    assertEquals(await place.find(ONE), undefined);
  });

  await step("fails with what its source fails with", async (place) => {
    const failing = replaceLayers(good, image, () => {
      throw new Error("no such luck");
    });
    await assertRejects(() => copy(failing, place), Error, "no such luck");
    assertEquals(await place.find(ONE), undefined);
  });

  await step("ends with the reason of a signal", async (place) => {
    const stop = new AbortController();
    const late = replaceLayers(good, image, () => {
      stop.abort(new Error("enough"));
      return new ReadableStream({ type: "bytes" });
    });
    const { signal } = stop;
    await assertRejects(
      () => copyImage(late, place.open(ONE), { platform: PLATFORM, signal }),
      Error,
      "enough",
    );
    assertEquals(await place.find(ONE), undefined);
  });

  await step("is not asked for what a policy refuses", async (place) => {
    const watched = watch(good);
    const seen: unknown[] = [];
    const refuse = () =>
      copyImage(watched, place.open(ONE), {
        ...{ platform: PLATFORM, name: "a/b:1" },
        policy({ name, digest, manifest }) {
          seen.push(name, digest, manifest.layers.length);
          throw new PolicyError("not this one");
        },
      });
    await assertRejects(refuse, PolicyError, "not this one");
    assertEquals(seen, ["a/b:1", image.manifest.digest, 2]);
    assertEquals(watched.opened, []);
    assertEquals(await place.find(ONE), undefined);
  });
}

function isLayer({ layers }: TestImage, digest: Digest): boolean {
  return layers.some((layer) => layer.digest === digest);
}

/** A source that notes what it is asked for. */
function watch(source: ImageSource): ImageSource & { opened: Digest[] } {
  const opened: Digest[] = [];
  return {
    ...source,
    opened,
    open(blob, options) {
      opened.push(blob.digest);
      return source.open(blob, options);
    },
  };
}

function replaceLayers(
  source: ImageSource,
  image: TestImage,
  make: (blob: Descriptor) => ReadableStream<Uint8Array<ArrayBuffer>>,
): ImageSource {
  return {
    ...source,
    // deno-lint-ignore require-await -- to fail by rejection
    open: async (blob, options) =>
      isLayer(image, blob.digest) ? make(blob) : source.open(blob, options),
  };
}
