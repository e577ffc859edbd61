/** Pulls that were cut short go on, unless what was kept is of no use. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { statSync } from "node:fs";
import { type Digest, hexOf } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { layerIdsOf } from "../../../src/image/layer_ids.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { type PullStore, pullStore } from "../../support/pulls/pull_store.ts";
import {
  answer,
  type ImageRegistry,
  type MadeImage,
  makeImage,
  type Misbehave,
  noise,
  sendBroken,
  sendHalf,
  serveImage,
} from "../../support/servers/served_image.ts";
import { tempDir } from "../../support/temp_dir.ts";

const SMALL = await layerOf({ "small.txt": "small" });
const LARGE = await layerOf({ "large.bin": noise(3_000_000) });
const IMAGE = makeImage([SMALL, LARGE]);
const BLOB = largeOf(IMAGE);
const HALF = BLOB.size >> 1;

Deno.test("pullImage() asks only for the rest after it was aborted", async () => {
  using store = pullStore();
  await using registry = serveImage(IMAGE, stallOnce());
  await abortPull(store, registry);
  assertEquals(store.check(), []);
  assertEquals(store.contents().at(-1), "partial");
  const kept = (await Deno.stat(largestOf(store.partials()))).size;
  assert(kept >= HALF - 300_000 && kept <= HALF, `${kept}`);
  await store.pull(registry.name);
  assertEquals(registry.rangesOf(BLOB.digest), ["", `bytes=${kept}-`]);
  checkPulled(store);
});

Deno.test("pullImage() starts over if it is told to", async () => {
  using store = pullStore();
  await using registry = serveImage(IMAGE, stallOnce());
  await abortPull(store, registry);
  await store.pull(registry.name, { received: "forget" });
  assertEquals(registry.rangesOf(BLOB.digest), ["", ""]);
  checkPulled(store);
});

Deno.test("pullImage() starts over if what was kept is of no use", async (t) => {
  const damage: Readonly<Record<string, (path: string) => Promise<void>>> = {
    "garbage at the beginning": (path) => overwrite(path, { at: 0 }),
    "garbage in the middle": (path) => overwrite(path, { at: HALF >> 1 }),
    "all garbage": (path) => Deno.writeFile(path, noise(HALF)),
    "garbage of the blob's size": (path) =>
      Deno.writeFile(path, noise(BLOB.size)),
    "more than the blob": (path) =>
      Deno.writeFile(path, noise(BLOB.size + 1000)),
    "nothing": (path) => Deno.truncate(path),
  };
  for (const [name, spoil] of Object.entries(damage)) {
    await t.step(name, async () => {
      using store = pullStore();
      await using registry = serveImage(IMAGE, stallOnce());
      await abortPull(store, registry);
      await spoil(largestOf(store.partials()));
      await store.pull(registry.name);
      const ranges = registry.rangesOf(BLOB.digest);
      assertEquals(ranges.filter((range) => range === "").length, 2);
      checkPulled(store);
    });
  }
});

Deno.test("pullImage() starts over if the registry gives no good range", async (t) => {
  const bytes = IMAGE.blobs.get(BLOB.digest) ?? new Uint8Array();
  const wrong = new Uint8Array(bytes.length);
  const partial = (body: Uint8Array<ArrayBuffer>, range: string) =>
    new Response(body, { status: 206, headers: { "content-range": range } });
  const total = bytes.length;
  const answers: Readonly<Record<string, (from: number) => Response>> = {
    "416": () => new Response(null, { status: 416 }),
    "400": () => new Response(null, { status: 400 }),
    "501": () => new Response(null, { status: 501 }),
    "another range": (from) =>
      partial(
        bytes.subarray(from + 1),
        `bytes ${from + 1}-${total - 1}/${total}`,
      ),
    "no range": (from) => partial(bytes.subarray(from), ""),
    "several ranges": (from) =>
      new Response(bytes.subarray(from), {
        status: 206,
        headers: { "content-type": "multipart/byteranges; boundary=x" },
      }),
    "another total": (from) =>
      partial(bytes.subarray(from), `bytes ${from}-${total - 1}/${total + 1}`),
    "other bytes": (from) =>
      partial(wrong.subarray(from), `bytes ${from}-${total - 1}/${total}`),
  };
  for (const [name, answerRange] of Object.entries(answers)) {
    await t.step(name, async () => {
      using store = pullStore();
      const stall = stallOnce();
      await using registry = serveImage(IMAGE, (asked) => {
        const range = asked.request.headers.get("range");
        if (range === null) return stall(asked);
        return answerRange(Number(/\d+/.exec(range)?.[0]));
      });
      await abortPull(store, registry);
      await store.pull(registry.name);
      const ranges = registry.rangesOf(BLOB.digest);
      assertEquals([ranges.at(0), ranges.at(-1)], ["", ""]);
      assert(ranges.some((range) => range !== ""));
      checkPulled(store);
    });
  }
});

Deno.test("pullImage() reads over what it has if ranges are ignored", async () => {
  using store = pullStore();
  const stall = stallOnce();
  await using registry = serveImage(IMAGE, (asked) => {
    const request = new Request(asked.request.url);
    return stall(asked) ?? answer(IMAGE, { ...asked, request });
  });
  await abortPull(store, registry);
  await store.pull(registry.name);
  assertEquals(registry.rangesOf(BLOB.digest).length, 2);
  checkPulled(store);
});

Deno.test("pullImage() continues where a connection broke", async () => {
  using store = pullStore();
  await using registry = serveImage(IMAGE, once(sendBroken));
  await store.pull(registry.name);
  const [first, second, ...more] = registry.rangesOf(BLOB.digest);
  assertEquals([first, more], ["", []]);
  assertStringIncludes(second ?? "", "bytes=");
  assert(store.events.some(({ kind }) => kind === "retry"));
  checkPulled(store);
});

Deno.test("pullImage() starts over if the rest after a break is refused", async () => {
  using store = pullStore();
  const breakOnce = once(sendBroken);
  await using registry = serveImage(
    IMAGE,
    (asked) =>
      asked.request.headers.has("range")
        ? new Response(null, { status: 416 })
        : breakOnce(asked),
  );
  await store.pull(registry.name);
  const ranges = registry.rangesOf(BLOB.digest);
  assertEquals([ranges.length, ranges.at(-1)], [3, ""]);
  checkPulled(store);
});

Deno.test("pullImage() starts over once, not for ever", async () => {
  using store = pullStore();
  const wrong = new Uint8Array(BLOB.size);
  await using registry = serveImage(
    IMAGE,
    ({ name }) => name === BLOB.digest ? new Response(wrong) : undefined,
  );
  const { code, message } = await store.fail(registry.name);
  assertEquals(code, 5);
  assertStringIncludes(message, BLOB.digest);
  assertEquals(registry.rangesOf(BLOB.digest), ["", ""]);
  // The other layer may have been on its way: that is for the next pull.
  const sizes = store.partials().map((path) => statSync(path).size);
  assertEquals(sizes.filter((size) => size !== SMALL.blob.length), []);
  assertEquals(store.check(), []);
});

Deno.test("pullImage() starts over once after a transfer that spoilt bytes", async (t) => {
  const [small] = IMAGE.layers;
  const { config, manifest } = IMAGE;
  const spoilt: Readonly<
    Record<string, readonly [Digest, (size: number) => Response]>
  > = {
    "other bytes": [BLOB.digest, (size) => new Response(noise(size))],
    "zeros": [BLOB.digest, (size) => new Response(new Uint8Array(size))],
    "a byte too many": [
      BLOB.digest,
      (size) => new Response(new Blob([noise(size + 1)]).stream()),
    ],
    "another length": [BLOB.digest, (size) => new Response(noise(size - 1))],
    "a small layer": [
      small?.digest ?? BLOB.digest,
      (size) => new Response(noise(size)),
    ],
    "a config": [config.digest, (size) => new Response(noise(size))],
    "a manifest": [manifest.digest, (size) => new Response(noise(size))],
  };
  for (const [name, [digest, answerWrong]] of Object.entries(spoilt)) {
    await t.step(name, async () => {
      using store = pullStore();
      let count = 0;
      await using registry = serveImage(IMAGE, (asked) => {
        if (asked.name !== digest || count++ > 0) return undefined;
        return answerWrong(IMAGE.blobs.get(digest)?.length ?? 0);
      });
      await store.pull(`${registry.host}/app@${manifest.digest}`);
      assertEquals(count, 2);
      checkPulled(store);
    });
  }
});

Deno.test("pullImage() asks once for a layer if it is told to try once", async (t) => {
  const bytes = IMAGE.blobs.get(BLOB.digest) ?? new Uint8Array();
  const failures: Readonly<Record<string, () => Response>> = {
    "503": () => new Response(null, { status: 503 }),
    "429": () => new Response(null, { status: 429 }),
    "404": () => new Response(null, { status: 404 }),
    "wrong bytes": () => new Response(noise(BLOB.size)),
    "a broken connection": () => sendBroken(bytes),
  };
  for (const [name, answerWrong] of Object.entries(failures)) {
    await t.step(name, async () => {
      using store = pullStore();
      await using registry = serveImage(
        IMAGE,
        (asked) => asked.name === BLOB.digest ? answerWrong() : undefined,
      );
      const { message } = await store.fail(registry.name, {
        retry: { tries: 1 },
      });
      assertStringIncludes(message, BLOB.digest);
      assertEquals(registry.rangesOf(BLOB.digest), [""]);
    });
  }
});

Deno.test("pullImage() keeps what it has of a registry if a layout is damaged", async () => {
  using store = pullStore();
  using dir = tempDir();
  const layer = await layerOf({ "large.bin": noise(300_000) });
  await writeLayout(dir.path, [layer]);
  const digest = digestOf(layer.blob);
  const path = `${dir.path}/blobs/sha256/${hexOf(digest)}`;
  await overwrite(path, { at: 100_000 });
  await using registry = serveImage(IMAGE, stallOnce());
  await abortPull(store, registry);
  const kept = store.partials();
  const [id] = layerIdsOf([layer.diffId as Digest]);
  const own = `${dirname(kept[0] ?? "")}/${id}`;
  await Deno.writeFile(own, layer.blob.subarray(0, 200_000));
  const retries: string[] = [];
  for (const received of ["use", "forget"] as const) {
    const { code } = await store.fail(`oci:${dir.path}`, {
      received,
      onEvent(event) {
        if (event.kind === "retry") retries.push(event.reason);
      },
    });
    assertEquals(code, 5);
  }
  assertEquals(retries, []);
  assertEquals(store.partials().toSorted(), [...kept, own].toSorted());
});

Deno.test("pullImage() keeps what it has if connections keep breaking", async () => {
  using store = pullStore();
  let isGood = false;
  await using registry = serveImage(IMAGE, (asked) => {
    if (isGood || asked.name !== BLOB.digest) return undefined;
    const [, from = "0"] = /(\d+)/.exec(
      asked.request.headers.get("range") ?? "",
    ) ?? [];
    return breakAfter(Number(from));
  });
  const { code, message } = await store.fail(registry.name);
  assertEquals(code, 6);
  assertStringIncludes(message, `of ${BLOB.size} bytes`);
  assertEquals(store.contents().at(-1), "partial");
  assertEquals(store.check(), []);
  isGood = true;
  await store.pull(registry.name);
  assert(registry.rangesOf(BLOB.digest).at(-1)?.startsWith("bytes="));
  checkPulled(store);
});

/** Sends a few bytes from an offset on, then breaks the connection. */
function breakAfter(from: number): Response {
  const bytes = IMAGE.blobs.get(BLOB.digest) ?? new Uint8Array();
  const { body } = sendBroken(bytes.subarray(from), 1000);
  if (from === 0) return new Response(body);
  const range = `bytes ${from}-${BLOB.size - 1}/${BLOB.size}`;
  return new Response(body, {
    status: 206,
    headers: { "content-range": range },
  });
}

/** Pulls until the large layer stalls, and stops. */
async function abortPull(
  store: PullStore,
  registry: ImageRegistry,
): Promise<void> {
  const stop = new AbortController();
  const pulled = store.fail(registry.name, { signal: stop.signal });
  while (!hasReceived(store, HALF - 300_000)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stop.abort(new Error("stopped by the test"));
  assertStringIncludes((await pulled).message, "stopped by the test");
}

/** Beside the large layer's may be the small one's, not yet removed. */
function largestOf(paths: readonly string[]): string {
  const [largest] = paths.toSorted((a, b) =>
    statSync(b).size - statSync(a).size
  );
  if (largest === undefined) throw new Error("nothing was kept");
  return largest;
}

function hasReceived(store: PullStore, size: number): boolean {
  // The other layer's may go at any moment.
  return store.partials().some((path) =>
    (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= size
  );
}

function stallOnce(): Misbehave {
  return once(sendHalf);
}

/** Misbehaves at the first request for the large layer. */
function once(send: (bytes: Uint8Array<ArrayBuffer>) => Response): Misbehave {
  let isDone = false;
  return ({ name }) => {
    const bytes = IMAGE.blobs.get(name);
    if (name !== BLOB.digest || isDone || bytes === undefined) return undefined;
    isDone = true;
    return send(bytes);
  };
}

async function overwrite(path: string, { at }: { at: number }): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.seek(at, Deno.SeekMode.Start);
  await file.write(noise(1000));
}

function checkPulled(store: PullStore): void {
  assertEquals(store.check(), []);
  const kinds = store.contents().map((item) => item.split(" ")[0]);
  assertEquals(kinds, ["image", "layer", "layer"]);
}

function largeOf({ layers }: MadeImage): { digest: Digest; size: number } {
  const [, large] = layers;
  if (large === undefined) throw new Error("no layer");
  return large;
}
