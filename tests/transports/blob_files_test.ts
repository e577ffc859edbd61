import { assert, assertEquals, assertRejects } from "@std/assert";
import { existsSync, readdirSync } from "node:fs";
import { BlobMismatchError } from "../../src/errors/image_errors.ts";
import { type Bytes, toBytes, toText } from "../../src/formats/bytes.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_TAR } from "../../src/formats/oci/media_types.ts";
import {
  hasBlobFile,
  putBlobFile,
  receiveBlob,
} from "../../src/transports/blob_files.ts";
import { tempDir } from "../support/temp_dir.ts";

const TEXT = "0123456789";
const DIGEST = digestOf(TEXT);
type Blob_ = Parameters<typeof receiveBlob>[0];

function blobOf(changes: Partial<Blob_> = {}, text = TEXT): Blob_ {
  return {
    ...{ kind: "layer", mediaType: OCI_LAYER_TAR, digest: DIGEST, size: 10 },
    open: () => Promise.resolve(new Blob([text]).stream()),
    ...changes,
  };
}

/** A blob whose digest or size is not known before. */
function unknown(...names: readonly ("digest" | "size")[]): Blob_ {
  const { digest, size, ...rest } = blobOf();
  return {
    ...rest,
    ...!names.includes("digest") && digest !== undefined && { digest },
    ...!names.includes("size") && size !== undefined && { size },
  };
}

Deno.test("receiveBlob() takes what was promised, and nothing else", async (t) => {
  const right: Readonly<Record<string, Blob_>> = {
    "all known": blobOf(),
    "no size": unknown("size"),
    "no digest": unknown("digest"),
    "neither": unknown("digest", "size"),
  };
  for (const [name, blob] of Object.entries(right)) {
    await t.step(name, async () => {
      let text = "";
      const write = (chunk: Bytes) => void (text += toText(chunk));
      const written = await receiveBlob(blob, write, {});
      assertEquals([written, text], [{ digest: DIGEST, size: 10 }, TEXT]);
    });
  }
  const other = digestOf("other");
  const wrong: readonly (readonly [string, Blob_, string, string])[] = [
    ["too long", blobOf({}, `${TEXT}x`), DIGEST, "got more than 10 bytes"],
    ["too short", blobOf({}, "012345678"), DIGEST, "got 9 of 10 bytes"],
    ["empty", blobOf({}, ""), DIGEST, "got 0 of 10 bytes"],
    ["another", blobOf({ digest: other }), other, `got digest ${DIGEST}`],
  ];
  for (const [name, blob, digest, why] of wrong) {
    await t.step(name, async () => {
      let received = 0;
      const write = (chunk: Bytes) => void (received += chunk.length);
      const error = await assertRejects(
        () => receiveBlob(blob, write, {}),
        BlobMismatchError,
      );
      assertEquals(error.message, `Cannot copy layer "${digest}": ${why}`);
      assert(received <= 10);
    });
  }
  await t.step("without a name for it", async () => {
    const blob = { ...unknown("digest"), size: 11 };
    const error = await assertRejects(
      () => receiveBlob(blob, () => {}, {}),
      BlobMismatchError,
    );
    assertEquals(error.message, "Cannot copy a layer: got 10 of 11 bytes");
  });
  await t.step("not after its caller gave up", async () => {
    const enough = new Error("enough");
    const signal = AbortSignal.abort(enough);
    let isOpened = false;
    const open = () => {
      isOpened = true;
      return blobOf().open();
    };
    const error = await assertRejects(
      () => receiveBlob(blobOf({ open }), () => {}, { signal }),
      Error,
    );
    assertEquals([error, isOpened], [enough, !enough]);
  });
  await t.step("while its caller gives up", async () => {
    const enough = new Error("enough");
    const controller = new AbortController();
    const open = () =>
      Promise.resolve(
        new ReadableStream<Bytes>({
          pull: () => void setTimeout(() => controller.abort(enough)),
        }),
      );
    const { signal } = controller;
    const received = receiveBlob(blobOf({ open }), () => {}, { signal });
    assertEquals(await assertRejects(() => received, Error), enough);
  });
});

Deno.test("putBlobFile() leaves whole blobs alone", async (t) => {
  using dir = tempDir();
  const folder = {
    temporary: dir.join("new/tmp"),
    pathOf: (digest: string) => dir.join(`new/blobs/${digest.slice(7)}`),
  };
  const path = folder.pathOf(DIGEST);
  for (const sync of ["now", "never", undefined] as const) {
    await t.step(`sync ${sync}`, async () => {
      const options = sync === undefined ? {} : { sync };
      const written = await putBlobFile(folder, unknown("digest"), options);
      assertEquals(written, { digest: DIGEST, size: 10 });
      assertEquals(await Deno.readTextFile(path), TEXT);
      assertEquals(readdirSync(folder.temporary), []);
      await Deno.remove(path);
    });
  }
  await t.step("but none that is wrong", async () => {
    await assertRejects(
      () => putBlobFile(folder, blobOf({}, "012345678")),
      BlobMismatchError,
    );
    const failing = new Error("it cannot be opened");
    const open = () => Promise.reject(failing);
    const error = await assertRejects(
      () => putBlobFile(folder, blobOf({ open })),
      Error,
    );
    assertEquals(error, failing);
    const signal = AbortSignal.abort(failing);
    await assertRejects(() => putBlobFile(folder, blobOf(), { signal }), Error);
    assertEquals([existsSync(path), readdirSync(folder.temporary)], [
      ...[!failing, []],
    ]);
  });
});

Deno.test("hasBlobFile() counts files of the size alone", async () => {
  using dir = tempDir();
  await Deno.writeFile(dir.join("blob"), toBytes(TEXT));
  await Deno.symlink("blob", dir.join("link"));
  await Deno.mkdir(dir.join("folder"));
  const { size } = await Deno.stat(dir.join("folder"));
  const found = [
    ...[hasBlobFile(dir.join("blob"), 10), hasBlobFile(dir.join("blob"), 9)],
    ...[hasBlobFile(dir.join("blob"), 11), hasBlobFile(dir.join("link"), 10)],
    ...[hasBlobFile(dir.join("none"), 10)],
    hasBlobFile(dir.join("folder"), size),
  ];
  assertEquals(found, [true, false, false, false, false, false]);
});
