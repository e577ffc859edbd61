/** What `orlop pull` tells while it works. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { PullEvent } from "../../../src/engine/progress/pull_event.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { sharedStore } from "../../support/programs/shared_store.ts";
import {
  makeImage,
  noise,
  sendBroken,
  serveImage,
} from "../../support/servers/served_image.ts";

const LAYERS = [
  await layerOf({ "small.txt": "small" }),
  await layerOf({ "large.bin": noise(6_000_000) }),
  await layerOf({ "other.bin": noise(300_000) }),
];
const IMAGE = makeImage(LAYERS);
const [, LARGE] = IMAGE.layers;
// Longer than the interval of events, so that there are some.
const PIECES = 12;
const PAUSE_MS = 60;

const NEEDED = needs("root", "tar");

Deno.test("orlop pull --progress=json writes a line for each event", {
  ...NEEDED,
}, async () => {
  await using store = sharedStore();
  let isBroken = false;
  await using registry = serveImage(IMAGE, ({ name, request }) => {
    const bytes = IMAGE.blobs.get(name);
    if (name !== LARGE?.digest || bytes === undefined) return undefined;
    if (request.headers.has("range")) return undefined;
    if (isBroken) return undefined;
    isBroken = true;
    return slowly(bytes.subarray(0, bytes.length >> 1), bytes.length);
  });
  const pull = ["pull", "--progress=json", registry.name];
  const { code, out, err } = await store.tryOrlop(...pull);
  assertEquals(code, 0, err);
  assertMatch(out, /^[0-9a-f]{64}$/);
  const events = err.split("\n").map((line): PullEvent => JSON.parse(line));
  const [start, ...rest] = events;
  assertEquals(start, {
    kind: "start",
    name: registry.name,
    layers: IMAGE.layers.map(({ digest, size }) => ({
      digest,
      size,
      present: false,
    })),
  });
  for (const { digest, size } of IMAGE.layers) {
    const own = rest.filter((event) =>
      event.kind !== "start" && event.digest === digest
    );
    assertEquals(own.slice(-2).map(({ kind }) => kind), [
      "unpacked",
      "committed",
    ]);
    const received = own.flatMap((event) =>
      event.kind === "download" ? [event.received] : []
    );
    assertEquals(received, received.toSorted((a, b) => a - b));
    assert(received.every((bytes) => bytes > 0 && bytes <= size));
  }
  const kinds = rest.map(({ kind }) => kind);
  assert(kinds.filter((kind) => kind === "download").length >= 3);
  assertEquals(kinds.filter((kind) => kind === "retry").length, 1);
  const committed = rest.flatMap((event) =>
    event.kind === "committed" ? [event.digest] : []
  );
  assertEquals(committed, IMAGE.layers.map(({ digest }) => digest));
});

Deno.test("orlop pull writes plain lines where there is no terminal", {
  ...NEEDED,
}, async () => {
  await using store = sharedStore();
  let isBroken = false;
  await using registry = serveImage(IMAGE, ({ name }) => {
    const bytes = IMAGE.blobs.get(name);
    if (name !== LARGE?.digest || isBroken || !bytes) return undefined;
    isBroken = true;
    return sendBroken(bytes);
  });
  const { code, out, err } = await store.tryOrlop("pull", registry.name);
  assertEquals(code, 0, err);
  assertMatch(out, /^[0-9a-f]{64}$/);
  const [first = "", second = "", ...more] = err.split("\n");
  assertMatch(first, /^Pulling 127\.0\.0\.1:\d+\/app:1: 3 of 3 layers, /);
  assertMatch(second, /^Trying layer sha256:[0-9a-f]{64} again: /);
  assertEquals(more, []);
  // deno-lint-ignore no-control-regex -- what a terminal would act on
  assert(!/[\x00-\x09\x0b-\x1f]/.test(err));
});

Deno.test("orlop pull tells nothing with -q or --progress=none", {
  ...NEEDED,
}, async (t) => {
  for (const flag of ["-q", "--progress=none"]) {
    await t.step(flag, async () => {
      await using store = sharedStore();
      await using registry = serveImage(IMAGE);
      const { code, out, err } = await store.tryOrlop(
        ...["pull", flag, registry.name],
      );
      assertEquals([code, err], [0, ""]);
      assertEquals(out, digestOf(configOf()).slice("sha256:".length));
    });
  }
});

function configOf(): Uint8Array<ArrayBuffer> {
  return IMAGE.blobs.get(IMAGE.config.digest) ?? new Uint8Array();
}

/** Sends bytes in pieces, then breaks the connection. */
function slowly(bytes: Uint8Array<ArrayBuffer>, length: number): Response {
  const size = Math.ceil(bytes.length / PIECES);
  let sent = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (sent >= bytes.length) return controller.error(new Error("broken"));
      controller.enqueue(bytes.slice(sent, sent + size));
      sent += size;
    },
  });
  return new Response(body, { headers: { "content-length": `${length}` } });
}
