import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { DamagedStoreError } from "../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { INCOMPLETE } from "../../../src/store/put_container.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { finishDeletions } from "../../../src/store/recovery/finish_deletions.ts";
import type { Store } from "../../../src/store/store.ts";
import { idOf, putLayer } from "../../support/images/small_layers.ts";
import { needs } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";

const [A, B] = [parseContainerId("a"), parseContainerId("b")];

function layersFile({ paths }: Store): string {
  return join(paths.layers, "layers.json");
}

function markIncomplete(store: Store, ids: readonly string[]): void {
  const text = readFileSync(layersFile(store), "utf8");
  const records = JSON.parse(text).map((record: { id: string }) =>
    ids.includes(record.id)
      ? { ...record, flags: { incomplete: true } }
      : record
  );
  writeFileSync(layersFile(store), JSON.stringify(records));
}

function writeContainers({ paths }: Store, records: readonly unknown[]): void {
  const path = join(paths.containers, "containers.json");
  writeFileSync(path, JSON.stringify(records));
}

function idsIn(path: string): readonly string[] {
  return JSON.parse(readFileSync(path, "utf8"))
    .map(({ id }: { id: string }) => id);
}

Deno.test("finishDeletions() removes what is incomplete, and nothing else", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  for (const name of ["x", "y", "z"]) await putLayer(store, name);
  markIncomplete(store, [idOf("x")]);
  writeContainers(store, [
    { id: A, image: "", layer: idOf("y"), flags: { [INCOMPLETE]: true } },
    { id: B, image: "", layer: idOf("z"), flags: { [INCOMPLETE]: false } },
  ]);
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  await finishDeletions(store, { libc: store.libc, onWarning });
  assertEquals(warnings, []);
  assertEquals(idsIn(layersFile(store)), [idOf("z")]);
  assertEquals(idsIn(join(store.paths.containers, "containers.json")), [B]);
});

Deno.test("finishDeletions() reports what stays, and continues", {
  ...needs("root", "chattr"),
}, async () => {
  using test = storeAgent();
  const { store } = test.agent;
  for (const name of ["w", "x", "y", "z"]) await putLayer(store, name);
  markIncomplete(store, [idOf("w"), idOf("x")]);
  writeContainers(store, [
    { id: A, image: "", layer: idOf("y"), flags: { [INCOMPLETE]: true } },
    { id: B, image: "", layer: idOf("z"), flags: { [INCOMPLETE]: true } },
  ]);
  const stuck = ["w", "y"].map((name) =>
    join(store.paths.layers, `${idOf(name)}.tar-split.gz`)
  );
  await change("+i", stuck);
  await using _ = { [Symbol.asyncDispose]: () => change("-i", stuck) };
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  await finishDeletions(store, { libc: store.libc, onWarning });
  assertEquals(warnings.length, 2);
  assertStringIncludes(
    warnings[0] ?? "",
    `Cannot finish the removal of layer "${idOf("w")}": `,
  );
  assertStringIncludes(
    warnings[1] ?? "",
    `Cannot finish the removal of container "${A}": `,
  );
  assertEquals(idsIn(layersFile(store)), [idOf("w"), idOf("y")]);
  assertEquals(idsIn(join(store.paths.containers, "containers.json")), [A]);
  // Nobody need listen.
  await finishDeletions(store, { libc: store.libc });
});

Deno.test("finishDeletions() removes nothing from an inconsistent store", async (t) => {
  const inconsistencies: Record<string, (store: Store) => string> = {
    "a table that does not parse": ({ paths }) => {
      const path = join(paths.images, "images.json");
      writeFileSync(path, "[{");
      return path;
    },
    "a layer of nobody": (store) => {
      writeFileSync(layersFile(store), "[]");
      return layersFile(store);
    },
  };
  for (const [name, damage] of Object.entries(inconsistencies)) {
    await t.step(name, async () => {
      using test = storeAgent();
      const { store } = test.agent;
      for (const layer of ["x", "y"]) await putLayer(store, layer);
      markIncomplete(store, [idOf("x")]);
      const path = damage(store);
      await assertRejects(
        () => finishDeletions(store, { libc: store.libc }),
        DamagedStoreError,
        path,
      );
      assert(existsSync(layerDirectory(store.paths, idOf("x"))));
    });
  }
});

/** Makes files that nobody can remove, or undoes that. */
async function change(
  attribute: "+i" | "-i",
  paths: readonly string[],
): Promise<void> {
  const args = [attribute, ...paths];
  assert((await new Deno.Command("chattr", { args }).output()).success);
}
