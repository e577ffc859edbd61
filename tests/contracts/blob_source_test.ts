import { parseReference } from "../../src/formats/oci/reference.ts";
import { openRepository } from "../../src/registry/open_repository.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import { memoryBlobSource } from "../support/memory_blob_source.ts";
import { needs } from "../support/peers.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../support/servers/registry_server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { testBlobSource } from "./blob_source_suite.ts";

Deno.test("a map in memory is a BlobSource", async (t) => {
  const bytes = crypto.getRandomValues(new Uint8Array(5000));
  await testBlobSource(t, memoryBlobSource([bytes]), bytes);
});

Deno.test("a layout is a BlobSource", async (t) => {
  using dir = tempDir();
  const { layerBytes } = await writeTestLayout(dir.path);
  await testBlobSource(t, await openLayout(dir.path), layerBytes);
});

Deno.test({
  name: "a repository is a BlobSource",
  ...needs(...REGISTRY_PROGRAMS),
  async fn(t) {
    using dir = tempDir();
    const { layerBytes } = await writeTestLayout(dir.path);
    await using registry = await startRegistry();
    await registry.pushLayout(dir.path, "a:1");
    const reference = parseReference(`${registry.host}/a:1`);
    using source = await openRepository(reference);
    await testBlobSource(t, source, layerBytes);
  },
});
