import { assertEquals, assertStringIncludes } from "@std/assert";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { pullStore } from "../../support/pull_store.ts";
import { makeImage, serveImage } from "../../support/servers/served_image.ts";

const BROKEN = "data:application/javascript,throw new Error('worn out')";

Deno.test("a pull fails if its workers break before they have work", async () => {
  using store = pullStore();
  const image = makeImage([await layerOf({ file: "content" })]);
  using workers = breakWorkers();
  await using registry = serveImage(image, async ({ name }) => {
    if (name === image.config.digest) await workers.areBroken;
    return undefined;
  });
  const { message } = await store.fail(registry.name);
  assertStringIncludes(message, "Cannot unpack layer: ");
  assertStringIncludes(message, "worn out");
  assertEquals(store.check(), []);
});

/** Makes all workers throw as soon as they have started. */
function breakWorkers(): Disposable & { readonly areBroken: Promise<void> } {
  const RealWorker = globalThis.Worker;
  const broken = Promise.withResolvers<void>();
  let left = 2; // so many unpack at once
  globalThis.Worker = class extends RealWorker {
    constructor(_url: string | URL, options?: WorkerOptions) {
      super(BROKEN, { type: "module", name: options?.name ?? "" });
      this.addEventListener("error", () => {
        if (--left === 0) broken.resolve();
      });
    }
  };
  return {
    areBroken: broken.promise,
    [Symbol.dispose]() {
      globalThis.Worker = RealWorker;
    },
  };
}
