/** Pulls from a real registry that are cut short, or run at the same time. */

import { assert, assertEquals } from "@std/assert";
import { statSync } from "node:fs";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  type LayoutLayer,
  writeLayout,
} from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { startOrlop } from "../../support/programs/orlop_process.ts";
import { until } from "../../support/until.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import {
  REGISTRY_PROGRAMS,
  type RegistryServer,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { noise } from "../../support/servers/served_image.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";
import type { Rule } from "../../support/servers/server_script.ts";
import { listContents, listPartials } from "../../support/store_contents.ts";

const LARGE = await layerOf({ "large.bin": noise(4_000_000) });
const DIGEST = digestOf(LARGE.blob);
const SIZE = LARGE.blob.length;
const HALF = SIZE >> 1;
const STALL: Rule = {
  match: new RegExp(`/blobs/${DIGEST}$`),
  ...{ nth: 1, stopAt: HALF, stop: "hang" },
};
// A worker keeps up to this much to itself before it writes.
const SLACK = 300_000;

const NEEDED = needs("root", "tar", ...REGISTRY_PROGRAMS);

Deno.test("orlop pull continues where it was interrupted or killed", {
  ...NEEDED,
}, async (t) => {
  await using registry = await startRegistry();
  await pushTwoImages(registry);
  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    await t.step(signal, async () => {
      await using store = sharedStore();
      await using proxy = await serveScript([STALL], { behind: registry.host });
      const args = ["pull", `${proxy.host}/first:1`];
      const pull = startOrlop(store.join(), ...args);
      await until(() => hasReceived(store, HALF - SLACK));
      pull.kill(signal);
      const { code, out, err } = await pull.result;
      const codes = { SIGINT: 130, SIGTERM: 143, SIGKILL: 137 };
      assertEquals(code, codes[signal], err);
      assertEquals(out, "");
      assert(!err.includes("\n    at "), err);
      const images = listContents(store.root).filter(isImage);
      assertEquals(images, []);
      if (signal !== "SIGKILL") assertEquals(store.check(), []);

      const kept = Math.max(...receivedOf(store));
      const before = registry.requests.length;
      proxy.release();
      await store.orlop(...args);
      assertEquals(blobRequests(registry, before), [
        { status: 206, bytes: SIZE - kept },
      ]);
      await checkFile(store);
      assertEquals(listPartials(store.root), []);
      await store.orlop("gc"); // also what the killed one worked in
      assertEquals(store.check(), []);
    });
  }
});

Deno.test("two orlop pulls fetch a layer once that both need", {
  ...NEEDED,
}, async () => {
  await using registry = await startRegistry();
  await pushTwoImages(registry);
  await using store = sharedStore();
  await using proxy = await serveScript([STALL], { behind: registry.host });
  const first = startOrlop(store.join(), "pull", `${proxy.host}/first:1`);
  await until(() => hasReceived(store, HALF - SLACK));
  const second = startOrlop(store.join(), "pull", `${registry.host}/second:1`);
  await until(() => registry.requests.some(isOfSecond));
  proxy.release();
  const results = await Promise.all([first.result, second.result]);
  assertEquals(results.map(({ code }) => code), [0, 0]);
  assertEquals(blobRequests(registry), [{ status: 200, bytes: SIZE }]);
  assertEquals(listContents(store.root).filter(isImage).length, 2);
  assertEquals(store.check(), []);
});

Deno.test("an orlop pull takes over the layer of another one that dies", {
  ...NEEDED,
}, async (t) => {
  await using registry = await startRegistry();
  await pushTwoImages(registry);
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    await t.step(signal, async () => {
      await using store = sharedStore();
      await using proxy = await serveScript([STALL], { behind: registry.host });
      const before = registry.requests.length;
      const first = startOrlop(store.join(), "pull", `${proxy.host}/first:1`);
      await until(() => hasReceived(store, HALF - SLACK));
      const name = `${registry.host}/second:1`;
      const second = startOrlop(store.join(), "pull", name);
      await until(() => registry.requests.slice(before).some(isOfSecond));
      first.kill(signal);
      await first.result;
      const { code, err } = await second.result;
      assertEquals(code, 0, err);
      const requests = blobRequests(registry, before)
        .filter(({ status }) => status === 206);
      assertEquals(requests.length, 1);
      assert((requests[0]?.bytes ?? SIZE) <= SIZE - HALF + SLACK);
      await checkFile(store);
      assertEquals(listContents(store.root).filter(isImage).length, 1);
      await store.orlop("gc"); // also what the killed one worked in
      assertEquals(store.check(), []);
    });
  }
});

/** Two images on the same layer, each with a config of its own. */
async function pushTwoImages(registry: RegistryServer): Promise<void> {
  await using store = sharedStore();
  const tops: Readonly<Record<string, LayoutLayer>> = {
    first: await layerOf({ "first.txt": "first" }),
    second: await layerOf({ "second.txt": "second" }),
  };
  for (const [name, top] of Object.entries(tops)) {
    await writeLayout(store.join(name), [LARGE, top]);
    await registry.pushLayout(`${store.join(name)}:latest`, `${name}:1`);
  }
}

/** What was asked for the large layer, without pushes. */
function blobRequests(registry: RegistryServer, from = 0) {
  return registry.requests.slice(from)
    .filter(({ method, path }) => method === "GET" && path.endsWith(DIGEST))
    .map(({ status, bytes }) => ({ status, bytes }));
}

function isOfSecond({ method, path }: { method: string; path: string }) {
  return method === "GET" && path.startsWith("/v2/second/blobs/");
}

function isImage(item: string): boolean {
  return item.startsWith("image ");
}

function hasReceived(store: SharedStore, size: number): boolean {
  return receivedOf(store).some((received) => received >= size);
}

/** The sizes of partial blobs; that of a small layer may go at any moment. */
function receivedOf({ root }: SharedStore): readonly number[] {
  return listPartials(root).map((path) =>
    statSync(path, { throwIfNoEntry: false })?.size ?? 0
  );
}

async function checkFile({ root }: SharedStore): Promise<void> {
  const layer = LARGE.diffId.slice("sha256:".length);
  const file = await Deno.stat(`${root}/overlay/${layer}/diff/large.bin`);
  assertEquals(file.size, 4_000_000);
}
