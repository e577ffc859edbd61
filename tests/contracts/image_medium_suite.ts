/** What every `ImageMedium` promises. */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { openMediumSink } from "../../src/engine/media/medium_sink.ts";
import { copyImage } from "../../src/engine/transfer/copy_image.ts";
import { BlobMismatchError } from "../../src/errors/image_errors.ts";
import type { Bytes } from "../../src/formats/bytes.ts";
import type { ImageSource } from "../../src/formats/oci/blob_source.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import type {
  ImageMedium,
  OutgoingBlob,
} from "../../src/formats/oci/image_medium.ts";
import { OCI_LAYER_TAR } from "../../src/formats/oci/media_types.ts";
import {
  type TestImage,
  writeTestLayout,
} from "../support/images/test_layout.ts";
import { memoryImage } from "../support/memory/memory_image.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A place that a medium can be opened at again and again. */
export interface MediumPlace extends AsyncDisposable {
  /** Opens it for the image that it is named after. */
  open(): Promise<ImageMedium>;
  /** The image that is there; undefined if there is none. */
  read(): Promise<ImageSource | undefined>;
  /** Whether an image can be written over another one. */
  readonly isReplaceable: boolean;
  /** Whether it shows a manifest when it has it, and cannot take it back. */
  readonly isImmediate?: boolean;
}

const PLATFORM = { os: "linux", architecture: "amd64" };

/** Tries the promises on places that `make` gives. */
export async function testImageMedium(
  t: Deno.TestContext,
  make: () => Promise<MediumPlace>,
): Promise<void> {
  using dir = tempDir();
  const image = await writeTestLayout(dir.join("image"));
  const source = await memoryImage(image);
  const step = (name: string, body: (place: MediumPlace) => Promise<void>) =>
    t.step(name, async () => {
      await using place = await make();
      await body(place);
    });
  const fill = async (medium: ImageMedium, from: ImageSource = source) =>
    await copyImage(from, openMediumSink(medium), { platform: PLATFORM });

  await step(
    "takes an image, and has it when it is committed",
    async (place) => {
      await using medium = await place.open();
      const written = await fill(medium);
      await medium.commit();
      const read = await place.read();
      const raw = await read?.fetchManifest();
      if (medium.layers !== "uncompressed") {
        assertEquals(written.digest, image.manifest.digest);
        assertEquals(raw?.digest, image.manifest.digest);
      }
      await checkConfig(read, image);
    },
  );

  await step("shows nothing before it is committed", async (place) => {
    if (place.isImmediate) return;
    {
      await using medium = await place.open();
      await fill(medium);
    }
    assertEquals(await place.read(), undefined);
  });

  await step("shows nothing of an image that fails", async (place) => {
    const failing: ImageSource = {
      ...source,
      open: (blob, options) =>
        blob.digest === image.layers[1]?.digest
          ? Promise.reject(new Error("no such luck"))
          : source.open(blob, options),
    };
    {
      await using medium = await place.open();
      await assertRejects(() => fill(medium, failing), Error, "no such luck");
    }
    assertEquals(await place.read(), undefined);
  });

  await step("refuses bytes that are not as promised", async (place) => {
    await using medium = await place.open();
    const bytes = new Uint8Array([1, 2, 3]);
    const cases: Readonly<Record<string, Partial<OutgoingBlob>>> = {
      "another digest": { digest: digestOf("other"), size: 3 },
      "too few": { digest: digestOf(bytes), size: 4 },
      "too many": { digest: digestOf(bytes), size: 2 },
    };
    for (const promise of Object.values(cases)) {
      const put = () => medium.put({ ...outgoing(bytes), ...promise });
      await assertRejects(put, BlobMismatchError);
    }
  });

  await step(
    "tells digest and size of a blob that has none yet",
    async (place) => {
      await using medium = await place.open();
      const bytes = new Uint8Array(70_000).fill(7);
      const { digest, size } = await medium.put(outgoing(bytes));
      assertEquals([digest, size], [digestOf(bytes), bytes.length]);
      const blob = { digest, size, mediaType: OCI_LAYER_TAR };
      assert(await medium.has(blob));
      assertFalse(
        await medium.has({ ...blob, digest: digestOf("unknown") }),
      );
    },
  );

  await step("takes several blobs at once", async (place) => {
    await using medium = await place.open();
    const all = [1, 2, 3].map((byte) => new Uint8Array(300_000).fill(byte));
    const put = await Promise.all(
      all.map((bytes) => medium.put(outgoing(bytes))),
    );
    assertEquals(put.map(({ digest }) => digest), all.map(digestOf));
  });

  await step("ends with the reason of a signal", async (place) => {
    await using medium = await place.open();
    const stop = new AbortController();
    const endless = new ReadableStream<Bytes>({
      pull(controller) {
        controller.enqueue(new Uint8Array(1000));
        stop.abort(new Error("enough"));
      },
    });
    const blob = {
      ...outgoing(new Uint8Array(0)),
      open: () => Promise.resolve(endless),
    };
    const put = () => medium.put(blob, { signal: stop.signal });
    await assertRejects(put, Error, "enough");
  });

  await step("takes the same image once more", async (place) => {
    if (!place.isReplaceable) return;
    for (let round = 0; round < 2; round++) {
      await using medium = await place.open();
      await fill(medium);
      await medium.commit();
    }
    await checkConfig(await place.read(), image);
  });
}

function outgoing(bytes: Bytes): OutgoingBlob {
  return {
    kind: "layer",
    mediaType: OCI_LAYER_TAR,
    open: (offset = 0) =>
      Promise.resolve(new Blob([bytes.slice(offset)]).stream()),
  };
}

/** It is the same image by its ID, whatever its layers became. */
async function checkConfig(
  read: ImageSource | undefined,
  { config }: TestImage,
): Promise<void> {
  if (read === undefined) throw new Error("no image is there");
  const stream = await read.open(config);
  const bytes = await new Response(stream).bytes();
  assertEquals(digestOf(bytes), config.digest);
}
