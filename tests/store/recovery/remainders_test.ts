/** An image without a record: lost, or what is left of one that was removed. */

import { assertFalse, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { prune } from "../../../src/engine/cleanup/prune.ts";
import { removeImage } from "../../../src/engine/cleanup/remove_image.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { DamagedStoreError } from "../../../src/errors/store_errors.ts";
import { isThere } from "../../../src/fs/if_there.ts";
import { WRITE_LOCKS } from "../../../src/store/records/tables.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const NEEDED = needs("root", "tar");

/** An image that was removed, but for its directory. */
interface Subject extends StoreAgent {
  readonly directory: string;
  readonly images: string;
  readonly layers: string;
  /** The records of the image's layers, as they were. */
  readonly layersBefore: readonly Record<string, unknown>[];
}

async function subject(): Promise<Subject> {
  const store = storeAgent();
  const { dir, agent } = store;
  await writeLayout(dir.join("layout"), [
    await layerOf({ "a.txt": "a" }),
    await layerOf({ "b.txt": "b" }),
  ]);
  const { imageId } = await pullImage(agent, `oci:${dir.join("layout")}`);
  const images = dir.join("root/overlay-images");
  const layers = dir.join("root/overlay-layers");
  const layersBefore = recordsIn(join(layers, "layers.json"));
  const directory = join(images, imageId);
  cpSync(directory, dir.join("kept"), { recursive: true });
  await removeImage(agent, imageId);
  cpSync(dir.join("kept"), directory, { recursive: true });
  writeAsOther(images, "images");
  return { ...store, directory, images, layers, layersBefore };
}

function recordsIn(path: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Makes another tool the last writer. */
function writeAsOther(directory: string, kind: string): void {
  writeFileSync(join(directory, `${kind}.lock`), new Uint8Array(64).fill(7));
}

Deno.test("what a removal left of an image is no loss, and is cleaned up", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  {
    using _held = await store.agent.store.lock(WRITE_LOCKS);
  }
  await prune(store.agent, { leftoverAgeMs: 0 });
  assertFalse(isThere(store.directory));
});

const LOSSES: readonly (readonly [
  name: string,
  change: (subject: Subject) => void,
])[] = [
  ["its layers are there", ({ layers, layersBefore }) => {
    writeFileSync(join(layers, "layers.json"), JSON.stringify(layersBefore));
    writeAsOther(layers, "layers");
  }],
  ["its top layer may be one whose archive is not known", (subject) => {
    const { layers, layersBefore } = subject;
    const records = layersBefore.map(
      ({ "diff-digest": _unknown, ...layer }) => layer,
    );
    writeFileSync(join(layers, "layers.json"), JSON.stringify(records));
    writeAsOther(layers, "layers");
  }],
  ["the records of its layers may be lost, too", ({ layers }) => {
    const other = [{ id: "e".repeat(64), created: "2026-11-24T06:35:19Z" }];
    writeFileSync(join(layers, "layers.json"), JSON.stringify(other));
  }],
  ["its config is damaged", ({ directory }) => {
    for (const name of readdirSync(directory)) {
      if (!name.startsWith("=")) continue;
      const text = readFileSync(join(directory, name), "utf8");
      // It still parses, and names another layer.
      writeFileSync(
        join(directory, name),
        text.replace(/sha256:./g, "sha256:0"),
      );
    }
  }],
  ["its manifest is damaged", ({ directory }) => {
    writeFileSync(join(directory, "manifest"), "");
  }],
];

Deno.test("an image without a record is a loss", { ...NEEDED }, async (t) => {
  for (const [name, change] of LOSSES) {
    await t.step(name, async () => {
      const store = await subject();
      using _dir = store.dir;
      change(store);
      await assertRejects(
        () => store.agent.store.lock(WRITE_LOCKS),
        DamagedStoreError,
        "run orlop check --repair",
      );
    });
  }
});
