import { parseReference } from "../../src/formats/oci/reference.ts";
import { openRepository } from "../../src/registry/open_repository.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import { memoryImage } from "../support/memory_image.ts";
import { needs } from "../support/peers.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../support/servers/registry_server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { testImageSource } from "./image_source_suite.ts";

Deno.test("an image in memory is an ImageSource", async (t) => {
  using dir = tempDir();
  const image = await writeTestLayout(dir.path);
  await testImageSource(t, await memoryImage(image), image);
});

Deno.test("an image in a layout is an ImageSource", async (t) => {
  using dir = tempDir();
  const image = await writeTestLayout(dir.path);
  await testImageSource(t, await openLayout(dir.path), image);
});

Deno.test({
  name: "an image in a registry is an ImageSource",
  ...needs(...REGISTRY_PROGRAMS),
  async fn(t) {
    using dir = tempDir();
    const image = await writeTestLayout(dir.path);
    await using registry = await startRegistry();
    await registry.pushLayout(dir.path, "a:1");
    const reference = parseReference(`${registry.host}/a:1`);
    using source = await openRepository(reference);
    await testImageSource(t, source, image);
  },
});
