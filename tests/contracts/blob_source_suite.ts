/** What every BlobSource promises. */

import { assertEquals, assertRejects } from "@std/assert";
import type { Bytes } from "../../src/formats/bytes.ts";
import type { BlobSource } from "../../src/formats/oci/blob_source.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_GZIP } from "../../src/formats/oci/media_types.ts";
import { readBlob } from "../../src/registry/blobs/read_blob.ts";

/** Tries the promises on a source that has one known blob. */
export async function testBlobSource(
  t: Deno.TestContext,
  source: BlobSource,
  bytes: Bytes,
): Promise<void> {
  const blob = {
    mediaType: OCI_LAYER_GZIP,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  };

  await t.step("gives a blob's bytes", async () => {
    const stream = await source.open(blob);
    assertEquals(await new Response(stream).bytes(), bytes);
  });

  await t.step("begins where it is told to", async () => {
    const stream = await source.open(blob, { offset: 100 });
    assertEquals(await new Response(stream).bytes(), bytes.slice(100));
  });

  await t.step("gives nothing at the end of a blob", async () => {
    const stream = await source.open(blob, { offset: blob.size });
    assertEquals((await new Response(stream).bytes()).length, 0);
  });

  await t.step("gives byte streams, for readers with a buffer", async () => {
    let size = 0;
    const open = source.open.bind(source);
    await readBlob(open, blob, (chunk) => size += chunk.byteLength);
    assertEquals(size, blob.size);
  });

  await t.step("lets a reader go before the end", async () => {
    const stream = await source.open(blob);
    await stream.cancel();
  });

  await t.step("rejects for an unknown blob", async () => {
    await assertRejects(
      () => source.open({ ...blob, digest: digestOf("unknown") }),
      Error,
      digestOf("unknown"),
    );
  });

  await t.step("rejects with an aborted signal's reason", async () => {
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    await assertRejects(() => source.open(blob, { signal }), Error, "stop");
  });
}
