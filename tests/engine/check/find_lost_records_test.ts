/** Tables that were restored from their backups lose nothing that was completed since. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import {
  type RepairReport,
  repairStore,
} from "../../../src/engine/check/repair_store.ts";
import { createContainer } from "../../../src/engine/containers/create_container.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { DamagedStoreError } from "../../../src/errors/store_errors.ts";
import { isIncomplete } from "../../../src/store/layers/delete_layer.ts";
import { WRITE_LOCKS } from "../../../src/store/records/tables.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const NEEDED = needs("root", "tar");

/** A store with an image and a container of it. */
interface Subject extends StoreAgent {
  readonly root: string;
}

async function subject(): Promise<Subject> {
  const store = storeAgent();
  const layout = store.dir.join("layout");
  await writeLayout(layout, [
    await layerOf({ "etc/": "", "etc/a.txt": "a" }),
    await layerOf({ "etc/": "", "etc/b.txt": "b" }),
  ]);
  const { imageId } = await pullImage(store.agent, `oci:${layout}`);
  await createContainer(store.agent, {
    podName: "web",
    podId: "f".repeat(64),
    containerName: "app",
    imageName: imageId,
    pod: "unchecked",
  });
  return { ...store, root: store.dir.join("root") };
}

async function repair({ reopen }: Subject): Promise<RepairReport> {
  return await repairStore(reopen(), {});
}

Deno.test("an image's layers that a backup shows half made are kept", {
  ...NEEDED,
}, async (t) => {
  for (const kind of ["pulled last", "all"] as const) {
    await t.step(kind, async () => {
      const store = await subject();
      using _dir = store.dir;
      const table = markLayers(store, kind);
      const error = await assertRejects(
        () => store.agent.store.lock(WRITE_LOCKS),
        DamagedStoreError,
        "is being made, and image",
      );
      assertEquals(error.path, table);
      const before = readdirSync(join(store.root, "overlay"));
      const { steps, check } = await repair(store);
      assertEquals(steps.map(({ outcome }) => outcome), ["done"]);
      assertEquals(check.status.damaged, []);
      assertEquals(readdirSync(join(store.root, "overlay")), before);
      using held = await store.agent.store.lock(WRITE_LOCKS);
      assertEquals(held.layers.records.filter(isIncomplete), []);
    });
  }
});

Deno.test("a layer that is not what was pulled keeps its mark, and its files", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  const table = markLayers(store, "all");
  const marked: { id: string; flags?: unknown }[] = JSON.parse(
    readFileSync(table, "utf8"),
  );
  const [file] = marked.filter(({ flags }) => flags !== undefined)
    .flatMap(({ id }) => filesBelow(join(store.root, "overlay", id, "diff")));
  assert(file !== undefined);
  appendFileSync(file, "more");
  const text = readFileSync(table, "utf8");
  const { steps } = await repair(store);
  assertEquals(steps.map(({ outcome }) => outcome), ["left"]);
  assertEquals(readFileSync(table, "utf8"), text);
  assert(existsSync(file));
});

/** Puts the table as it was while layers were made in the place of today's. */
function markLayers({ root }: Subject, which: "pulled last" | "all"): string {
  const table = join(root, "overlay-layers/layers.json");
  const records: { id: string; "diff-digest"?: string }[] = JSON.parse(
    readFileSync(table, "utf8"),
  );
  const pulled = records.filter((record) => record["diff-digest"]);
  const marked = which === "all" ? pulled : pulled.slice(-1);
  writeFileSync(
    table,
    JSON.stringify(
      records.map((record) =>
        marked.includes(record)
          ? { ...record, flags: { incomplete: true } }
          : record
      ),
    ),
  );
  return table;
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
