import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { DamagedStoreError } from "../../../src/errors/store_errors.ts";
import {
  listFaults,
  listInconsistencies,
  requireConsistent,
} from "../../../src/store/recovery/check_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { idOf, putLayer } from "../../support/images/small_layers.ts";
import { storeAgent } from "../../support/store_agent.ts";

const LAYERS = { wanted: { layers: "write" }, held: {} } as const;

Deno.test("requireConsistent() and listFaults() are silent about a sound store", async () => {
  using test = storeAgent();
  const { paths } = test.agent.store;
  await putLayer(test.agent.store, "x");
  for (const kind of ["read", "write"] as const) {
    const wanted = { layers: kind, storage: kind };
    await requireConsistent(paths, { wanted, held: {} });
    assertEquals(await listFaults(paths, { wanted, held: {} }), []);
  }
});

Deno.test("requireConsistent() reads the counts of mounts for who writes them", async () => {
  using test = storeAgent();
  const { paths } = test.agent.store;
  const path = join(paths.runLayers, "mountpoints.json");
  await Deno.mkdir(paths.runLayers, { recursive: true });
  writeFileSync(path, "[{");
  const held = {};
  await requireConsistent(paths, { wanted: { storage: "read" }, held });
  await requireConsistent(paths, { wanted: { layers: "write" }, held });
  await assertRejects(
    () => requireConsistent(paths, { wanted: { storage: "write" }, held }),
    DamagedStoreError,
    path,
  );
});

Deno.test("requireConsistent() names the inconsistent file, and counts the others", async (t) => {
  const lose = (store: Store) =>
    writeFileSync(join(store.paths.layers, "layers.json"), "[]");
  for (const count of [1, 2, 3]) {
    await t.step(`${count} layers`, async () => {
      using test = storeAgent();
      const { store } = test.agent;
      for (let n = 0; n < count; n++) await putLayer(store, `layer-${n}`);
      lose(store);
      const path = join(store.paths.layers, "layers.json");
      const error = await assertRejects(
        () => requireConsistent(store.paths, LAYERS),
        DamagedStoreError,
        `Cannot use store "${store.paths.root}": "${path}" is inconsistent`,
      );
      assertEquals(error.path, path);
      assert(error.message.includes("nothing was changed"));
      assert(error.message.includes("run orlop check --repair, which"));
      assert(error.message.includes(" out of the store"));
      const more = /\(and (\d+) more\)/.exec(error.message)?.[1];
      assertEquals(more, count === 1 ? undefined : String(count - 1));
      const faults = await listFaults(store.paths, LAYERS);
      assertEquals(faults.length, 1);
      const [fault] = faults;
      assertEquals(fault?.path, path);
      const message = fault?.message ?? "";
      assert(message.startsWith(`"${path}" is inconsistent: `), message);
    });
  }
});

const REPAIR = "run orlop check --repair, which restores the record from a " +
  "backup or from the files. If another tool was removing this when it was " +
  "killed, or the power was cut, remove it again then; or, if it is not " +
  'needed, move "DIR" out of the store';

Deno.test("requireConsistent() reports what is wrong, and what to do", async (t) => {
  const cases: Readonly<
    Record<string, readonly [(store: Store) => void, string, string]>
  > = {
    "a table that is there": [
      ({ paths }) => writeFileSync(join(paths.layers, "layers.json"), "[]"),
      'it does not name layer "ID"',
      REPAIR,
    ],
    "a table that is missing": [
      ({ paths }) => rmSync(join(paths.layers, "layers.json")),
      'it does not name layer "ID"',
      `the file is missing; ${REPAIR}`,
    ],
    "a home that is not mounted": [
      ({ paths }) => {
        rmSync(paths.home, { recursive: true });
        mkdirSync(paths.home);
      },
      'it names 1 layers, and "HOME" is empty: its file system may not be ' +
      "mounted",
      "repair that first, or use a store of its own: --root",
    ],
  };
  for (const [name, [damage, found, advice]] of Object.entries(cases)) {
    await t.step(name, async () => {
      using test = storeAgent();
      const { store } = test.agent;
      const { paths } = store;
      await putLayer(store, "x");
      damage(store);
      const path = join(paths.layers, "layers.json");
      const whole = (text: string) =>
        text.replace("ID", idOf("x"))
          .replace("DIR", layerDirectory(paths, idOf("x")))
          .replace("HOME", paths.home);
      const error = await assertRejects(
        () => requireConsistent(paths, LAYERS),
        DamagedStoreError,
      );
      assertEquals(
        error.message,
        `Cannot use store "${paths.root}": "${path}" is inconsistent: ` +
          whole(`${found}; nothing was changed: ${advice}`),
      );
      assertEquals(await listFaults(paths, LAYERS), [{
        path,
        message: whole(`"${path}" is inconsistent: ${found}; ${advice}`),
      }]);
      const [first, ...more] = await listInconsistencies(paths, LAYERS);
      assertEquals([first?.path, first?.found], [path, whole(found)]);
      assertEquals(more, []);
    });
  }
});

Deno.test("listFaults() tells each damaged file once", async () => {
  using test = storeAgent();
  const { paths } = test.agent.store;
  for (const kind of ["images", "containers"] as const) {
    writeFileSync(join(paths[kind], `${kind}.json`), "[{");
  }
  const faults = await listFaults(paths, LAYERS);
  assertEquals(faults.map(({ path }) => path), [
    join(paths.containers, "containers.json"),
    join(paths.images, "images.json"),
  ]);
  for (const { path, message } of faults) {
    assert(message.startsWith(`Cannot read "${path}": `), message);
  }
  assertEquals(await listInconsistencies(paths, LAYERS), []);
});

Deno.test("listInconsistencies() looks at what cannot change meanwhile", async (t) => {
  using test = storeAgent();
  const { paths } = test.agent.store;
  const kinds = ["layers", "images", "containers"] as const;
  for (const kind of kinds) {
    // As another tool has left them.
    writeFileSync(join(paths[kind], `${kind}.json`), "[]");
    const token = new Uint8Array(64).fill(7);
    writeFileSync(join(paths[kind], `${kind}.lock`), token);
    const directory = kind === "layers" ? paths.home : paths[kind];
    mkdirSync(join(directory, idOf("left")), { recursive: true });
    writeFileSync(join(directory, idOf("left"), "link"), "");
  }
  const [layers, images, containers] = kinds.map((kind) =>
    join(paths[kind], `${kind}.json`)
  );
  const cases = [
    [{}, [layers]],
    [{ storage: "write" }, [layers]],
    [{ layers: "read" }, [layers, containers]],
    [{ layers: "write" }, [layers, images, containers]],
    [{ images: "read" }, [layers, images, containers]],
    [{ images: "write" }, [layers, images, containers]],
    [{ containers: "read" }, [layers, containers]],
    [{ layers: "read", images: "read" }, [layers, images, containers]],
  ] as const;
  for (const [wanted, expected] of cases) {
    await t.step(JSON.stringify(wanted), async () => {
      const found = await listInconsistencies(paths, { wanted, held: {} });
      assertEquals(found.map(({ path }) => path), [...expected]);
    });
  }
});
