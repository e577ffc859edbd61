import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { statfsSync } from "node:fs";
import {
  checkSpace,
  estimateSpace,
} from "../../../src/engine/transfer/check_space.ts";
import type { NeededLayer } from "../../../src/engine/transfer/receive_layer.ts";
import { NoSpaceError } from "../../../src/errors/image_errors.ts";
import type { Digest } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_GZIP } from "../../../src/formats/oci/media_types.ts";
import { layerIdOf } from "../../../src/formats/storage/store_ids.ts";
import { downloadsDirectory } from "../../../src/store/paths.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { tempDir } from "../../support/temp_dir.ts";

const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
const GZIP = layer("gzip", { mediaType: OCI_LAYER_GZIP, size: 1000 });
const PLAIN = layer("plain", { mediaType: OCI_LAYER, size: 500 });
const UNPACKED = 2600 + 500;

Deno.test("estimateSpace() counts what was downloaded as there", async (t) => {
  const cases: readonly [string, number, number][] = [
    ["nothing", 0, UNPACKED + 1500],
    ["a part", 900, UNPACKED + 600],
    ["all of it", 1000, UNPACKED + 500],
    ["more than belongs to it", 9000, UNPACKED + 500],
  ];
  for (const [name, size, expected] of cases) {
    await t.step(name, async () => {
      using dir = tempDir();
      const partial = dir.join(GZIP.id);
      if (size > 0) await Deno.writeFile(partial, new Uint8Array(size));
      const needed = [GZIP, PLAIN];
      const downloads = dir.path;
      assertEquals(estimateSpace(needed, { downloads }), expected);
      assertEquals(estimateSpace(needed, { downloads: undefined }), UNPACKED);
    });
  }
});

Deno.test("estimateSpace() takes a layer for plain that its diff ID names", () => {
  const plain = { ...GZIP, diffId: GZIP.blob.digest };
  assertEquals(estimateSpace([plain], { downloads: undefined }), 1000);
});

Deno.test("checkSpace() counts blobs for those who download them", async () => {
  using store = storeAgent();
  const { agent } = store;
  const { paths } = agent.store;
  const { bavail, bsize } = statfsSync(paths.home);
  const size = Math.ceil(bavail * bsize * 0.7); // unpacked it fits, once
  const huge = layer("huge", { mediaType: OCI_LAYER, size });
  const find = () => Promise.reject(new Error("not to be asked"));
  checkSpace(agent, [huge], { files: { reach: ["/none"], find } });
  const { message } = assertThrows(
    () => checkSpace(agent, [huge], {}),
    NoSpaceError,
  );
  assertMatch(message, /: about [\d.]+ .B are needed, [\d.]+ .B are free;/);
  const downloads = downloadsDirectory(paths);
  await Deno.mkdir(downloads, { recursive: true });
  using file = await Deno.create(`${downloads}/${huge.id}`);
  await file.truncate(size); // a hole: it takes no room
  checkSpace(agent, [huge], {});
});

function layer(
  name: string,
  blob: { readonly mediaType: string; readonly size: number },
): NeededLayer {
  const digest: Digest = digestOf(name);
  return {
    id: layerIdOf(digest),
    parent: undefined,
    blob: { ...blob, digest },
    diffId: digestOf(`unpacked ${name}`),
  };
}
