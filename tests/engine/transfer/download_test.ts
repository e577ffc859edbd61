import { assertEquals, assertRejects } from "@std/assert";
import { BlobProgress } from "../../../src/engine/transfer/blob_progress.ts";
import { downloadBlob } from "../../../src/engine/transfer/download.ts";
import { NoSpaceError } from "../../../src/errors/image_errors.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_GZIP } from "../../../src/formats/oci/media_types.ts";
import { noise } from "../../support/servers/served_image.ts";
import { tempDir } from "../../support/temp_dir.ts";

const BYTES = noise(600_000);
const BLOB = {
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf(BYTES),
  size: BYTES.length,
};

Deno.test("downloadBlob() continues where a file ends", async (t) => {
  const cases: readonly [string, number, number][] = [
    ["that is not there", 0, 0],
    ["that holds a part", 100_000, 100_000],
    ["that holds all", BYTES.length, BYTES.length],
  ];
  for (const [name, kept, offset] of cases) {
    await t.step(name, async () => {
      using dir = tempDir();
      const path = dir.join("blob");
      if (kept > 0) await Deno.writeFile(path, BYTES.subarray(0, kept));
      const { asked, progress } = await download(path);
      assertEquals(asked, [offset]);
      assertEquals(await Deno.readFile(path), BYTES);
      assertEquals(progress.waitBeyond(0), BYTES.length);
      assertEquals(progress.waitBeyond(BYTES.length), BYTES.length);
    });
  }
});

Deno.test("downloadBlob() begins again if a file is longer than the blob", async () => {
  using dir = tempDir();
  const path = dir.join("blob");
  await Deno.writeFile(path, noise(BYTES.length + 1));
  const { asked } = await download(path);
  assertEquals(asked, [0]);
  assertEquals(await Deno.readFile(path), BYTES);
});

Deno.test("downloadBlob() reports that the disk is full", async () => {
  await assertRejects(
    () => download("/dev/full"),
    NoSpaceError,
    `Cannot download layer "${BLOB.digest}": no space left on device`,
  );
});

async function download(path: string) {
  const asked: number[] = [];
  const progress = new BlobProgress();
  await downloadBlob({
    source: {
      open(_blob, { offset = 0 } = {}) {
        asked.push(offset);
        return Promise.resolve(new Blob([BYTES.subarray(offset)]).stream());
      },
    },
    ...{ blob: BLOB, path, progress },
  }, { onProgress() {}, onRetry() {} });
  return { asked, progress };
}
