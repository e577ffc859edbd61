import { assertEquals, assertStringIncludes } from "@std/assert";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { pullStore } from "../../support/pulls/pull_store.ts";
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

Deno.test("pulls at once have six workers together, and all come in", async () => {
  using store = pullStore();
  using workers = countWorkers();
  const stack = new AsyncDisposableStack();
  await using _registries = stack;
  const names = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const layers = [
        await layerOf({ [`a${n}`]: "a" }),
        await layerOf({ [`b${n}`]: "b" }),
      ];
      return stack.use(serveImage(makeImage(layers))).name;
    }),
  );
  await Promise.all(names.map((name) => store.pull(name)));
  assertEquals(workers.most, 6);
  assertEquals(workers.left, 0);
  assertEquals(store.check(), []);
});

Deno.test("a pull has no workers any more when it commits layers", async () => {
  using store = pullStore();
  using workers = countWorkers();
  const layers = [await layerOf({ a: "a" }), await layerOf({ b: "b" })];
  await using registry = serveImage(makeImage(layers));
  const left: number[] = [];
  await store.pull(registry.name, {
    onEvent({ kind }) {
      if (kind === "committed") left.push(workers.left);
    },
  });
  assertEquals(left, [0, 0]);
});

/** Counts the workers that there are at the same time. */
function countWorkers(): Disposable & {
  readonly most: number;
  readonly left: number;
} {
  const RealWorker = globalThis.Worker;
  let left = 0;
  let most = 0;
  globalThis.Worker = class extends RealWorker {
    #isEnded = false;

    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      most = Math.max(most, ++left);
    }

    override terminate(): void {
      if (!this.#isEnded) left--;
      this.#isEnded = true;
      super.terminate();
    }
  };
  return {
    get most() {
      return most;
    },
    get left() {
      return left;
    },
    [Symbol.dispose]() {
      globalThis.Worker = RealWorker;
    },
  };
}

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
