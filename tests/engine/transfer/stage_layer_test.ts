import { assertEquals } from "@std/assert";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { archive, file, symlink } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { pullStore } from "../../support/pulls/pull_store.ts";
import { makeImage, serveImage } from "../../support/servers/served_image.ts";

Deno.test({
  name: "stageLayer() makes no symlink where a worker may still write",
  ...needs("tar"),
  async fn() {
    using store = pullStore();
    const base = archive(symlink("link", "/etc"));
    const top = archive(file("file"));
    const isTopAsked = Promise.withResolvers<void>();
    const isBaseFinished = Promise.withResolvers<void>();
    await using registry = serveImage(
      makeImage([plain(base), plain(top)]),
      async ({ name }) => {
        if (name === digestOf(base)) await isTopAsked.promise;
        if (name !== digestOf(top)) return undefined;
        isTopAsked.resolve();
        await isBaseFinished.promise;
        return undefined;
      },
    );
    let found: readonly string[] = [];
    await store.pull(registry.name, {
      onEvent(event) {
        if (event.kind !== "unpacked") return;
        if (event.digest !== digestOf(base)) return;
        found = listStagings(`${store.root}/overlay/tempdirs`);
        isBaseFinished.resolve();
      },
    });
    // The workers' own, with the layer that is under way, and another.
    assertEquals(found, ["1 layers", "1 layers, with link"]);
    assertEquals(store.check(), []);
  },
});

function plain(tar: Bytes) {
  return { blob: tar, diffId: digestOf(tar) };
}

/** What is in each staging directory: how many layers, and the link. */
function listStagings(parent: string): readonly string[] {
  return readdirSync(parent)
    .map((name) => `${parent}/${name}`)
    .filter((path) => lstatSync(path).isDirectory())
    .map((path) => {
      const layers = readdirSync(path);
      const hasLink = layers.some((layer) => isThere(`${path}/${layer}`));
      return `${layers.length} layers${hasLink ? ", with link" : ""}`;
    })
    .toSorted();
}

function isThere(layer: string): boolean {
  const diff = `${layer}/diff`; // not at once
  return existsSync(diff) && readdirSync(diff).includes("link");
}
