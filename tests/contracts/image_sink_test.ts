import { nameOf, parseReference } from "../../src/formats/oci/reference.ts";
import { existsSync, readdirSync } from "node:fs";
import { openMediumSink } from "../../src/engine/media/medium_sink.ts";
import { openStoreSink } from "../../src/engine/transfer/store_sink.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { openLayoutMedium } from "../../src/transports/layout_medium.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { checkStore } from "../support/check_store.ts";
import { storeAgent } from "../support/store_agent.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type EmptyPlace, testImageSink } from "./image_sink_suite.ts";

Deno.test("a store is an ImageSink", async (t) => {
  await testImageSink(t, emptyStore);
});

Deno.test("a layout is an ImageSink", async (t) => {
  await testImageSink(t, emptyLayout);
});

function emptyStore(): EmptyPlace {
  const { agent, dir } = storeAgent();
  const localName = (name: string) =>
    nameOf(parseReference(`localhost/${name}:1`));
  return {
    open: (name) =>
      openStoreSink(agent, { names: [localName(name)], retry: { tries: 1 } }),
    async find(name) {
      using held = await agent.store.lock({ images: "read" });
      return held.images.getByName(localName(name))?.digest;
    },
    check: () =>
      checkStore({ root: dir.join("root"), runRoot: dir.join("run") }),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

function emptyLayout(): EmptyPlace {
  const dir = tempDir();
  const layout = dir.join("layout");
  return {
    open: (ref) => ({
      async receive(image, source, options) {
        await using medium = await openLayoutMedium(layout, { ref });
        await openMediumSink(medium).receive(image, source, options);
        await medium.commit();
      },
    }),
    async find(ref) {
      if (!existsSync(`${layout}/oci-layout`)) return undefined;
      const found = await openLayout(layout, { ref }).catch(() => undefined);
      return found?.descriptor.digest;
    },
    check: () => existsSync(layout) ? findFaults(layout) : [],
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

/** Blobs that are not what their names say, and files that belong to nothing. */
function findFaults(layout: string): string[] {
  const blobs = `${layout}/blobs/sha256`;
  return readdirSync(blobs).filter((name) =>
    digestOf(Deno.readFileSync(`${blobs}/${name}`)) !== `sha256:${name}`
  );
}
