import { assert, assertEquals, assertRejects } from "@std/assert";
import { isPinned } from "../../../src/engine/images/pin_image.ts";
import { fetchPauseImage } from "../../../src/engine/pods/fetch_pause_image.ts";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { PAUSE_IMAGE_NAME } from "../../../src/image/pause_image_name.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { makeImage, serveImage } from "../../support/servers/served_image.ts";
import { type TestRuntime, testRuntime } from "../../support/test_runtime.ts";

async function readImages({ agent }: TestRuntime) {
  using held = await agent.store.lock({ images: "read" });
  return held.images.records.map((image) => ({
    names: image.names,
    isPinned: isPinned(
      { ...agent, pinnedImages: [], pauseImage: "none" },
      image,
    ),
  }));
}

// Their files belong to root.
const NEEDED = needs("root");

Deno.test(
  "fetchPauseImage() stores the embedded image, and pins it",
  NEEDED,
  async () => {
    using test = testRuntime();
    await fetchPauseImage(test.agent, {});
    assertEquals(await readImages(test), [
      { names: [PAUSE_IMAGE_NAME] as never, isPinned: true },
    ]);
    const warnings = test.messages.filter((line) => line.startsWith("warn"));
    assertEquals(warnings, []);
  },
);

Deno.test(
  "fetchPauseImage() pulls another one, and reports how to do without",
  NEEDED,
  async () => {
    await using registry = serveImage(
      makeImage([await layerOf({ pause: "x" })]),
    );
    using test = testRuntime({ pauseImage: registry.name });
    const pull = { tlsVerify: false, retry: { tries: 1 } };
    await fetchPauseImage(test.agent, { pull });
    assertEquals(await readImages(test), [
      { names: [registry.name] as never, isPinned: true },
    ]);
    const none = `${registry.host}/none@sha256:${"a".repeat(64)}`;
    using other = testRuntime({ pauseImage: none });
    await assertRejects(
      () => fetchPauseImage(other.agent, { pull }),
      RegistryError,
    );
    assertEquals(
      other.messages.filter((line) => line.startsWith("warn")),
      [
        `warn: Cannot get the pause image "${none}", which is not in the store; ` +
        "pull or load it while there is a network, or configure " +
        `"${PAUSE_IMAGE_NAME}", which needs none`,
      ],
    );
    const signal = AbortSignal.abort("enough");
    const error = await fetchPauseImage(other.agent, { pull, signal })
      .catch((error) => error);
    assertEquals(error, "enough");
    assert((await readImages(other)).length === 0);
  },
);
