/** What is damaged comes back from what is left, and nothing is lost for it. */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { DamagedStoreError } from "../../../src/errors/store_errors.ts";
import { isUnfinished } from "../../../src/store/delete_container.ts";
import { WRITE_LOCKS } from "../../../src/store/records/tables.ts";
import { needs } from "../../support/peers.ts";
import {
  addContainer,
  idsIn,
  repair,
  type Subject,
  subject,
  TABLES,
} from "./damaged_tables.ts";

const NEEDED = needs("root", "tar");

Deno.test("repairStore() makes no record of an image whose config is another", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  const path = join(store.root, TABLES.images);
  const [id = ""] = idsIn(path);
  const directory = join(store.root, "overlay-images", id);
  for (const name of readdirSync(directory)) {
    if (!name.startsWith("=")) continue;
    const config = readFileSync(join(directory, name), "utf8");
    writeFileSync(join(directory, name), config.replace("true", "fals"));
  }
  rmSync(`${path}.orlop-backup`, { force: true });
  rmSync(path);
  const { steps } = await repair(store);
  assert(steps.every(({ outcome }) => outcome !== "done"), `${steps.length}`);
});

Deno.test("repairStore() makes no record of a layer whose files are others", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  const path = join(store.root, TABLES.layers);
  const [id = ""] = idsIn(path);
  truncateSync(join(store.root, `overlay-layers/${id}.tar-split.gz`), 20);
  rmSync(`${path}.orlop-backup`, { force: true });
  rmSync(path);
  const { steps: [step, ...others], check } = await repair(store);
  assertEquals(others, []);
  assertEquals(step?.outcome, "left");
  assertEquals(
    step?.does,
    "restore it: 0 records from its backup, 1 from the disk",
  );
  assertStringIncludes(step?.why ?? "", `does not name layer "${id}"`);
  assertEquals(check.status.damaged.length, 1);
  assertFalse(existsSync(path));
});

Deno.test("repairStore() makes a short name again without fetching", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  const links = join(store.root, "overlay/l");
  const names = readdirSync(links).toSorted();
  for (const name of names) rmSync(join(links, name));
  rmSync(store.dir.join("layout"), { recursive: true });
  const { steps, check } = await repair(store);
  assertEquals(new Set(steps.map(({ outcome }) => outcome)), new Set(["done"]));
  assertEquals(check.status.damaged, []);
  assertEquals(readdirSync(links).toSorted(), names);
});

Deno.test("repairStore() restores at once what two find damaged", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  truncateSync(join(store.root, TABLES.images), 20);
  const reports = await Promise.all([1, 2, 3].map(() => repair(store)));
  assertEquals(
    reports.map(({ check }) => check.status.damaged),
    [[], [], []],
  );
  assertEquals(reports.flatMap(({ steps }) => steps).length, 1);
});

Deno.test("repairStore() makes the folder of short names again", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  const links = join(store.root, "overlay/l");
  const names = readdirSync(links);
  rmSync(links, { recursive: true });
  const { check } = await repair(store);
  assertEquals(check.status.damaged, []);
  assertEquals(readdirSync(links), names);
});

Deno.test("repairStore() has no mark for a container that wrote files", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  const containerId = await addContainer(store);
  const path = join(store.root, "overlay-containers/containers.json");
  const [record] = JSON.parse(readFileSync(path, "utf8"));
  const mine = join(store.root, "overlay", record.layer, "diff/mine");
  writeFileSync(mine, "");
  rmSync(join(path, "..", containerId, "userdata/config.json"));
  const flags = { ...record.flags, "orlop-incomplete": true };
  writeFileSync(`${path}.orlop-backup`, JSON.stringify([{ ...record, flags }]));
  truncateSync(path, 20);
  await repair(store);
  (await store.agent.store.lock(WRITE_LOCKS))[Symbol.dispose](); // ends removals
  assertEquals(idsIn(path), [containerId]);
  assert(existsSync(mine));
});

Deno.test("repairStore() takes no name from an image that has it by now", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  const path = join(store.root, TABLES.images);
  const [record] = JSON.parse(readFileSync(path, "utf8"));
  const names = ["localhost/moved:1"];
  const newer = { id: "e".repeat(64), created: record.created, names };
  const older = { ...record, names: [...names, "localhost/mine:1"] };
  writeFileSync(path, JSON.stringify([newer]));
  writeFileSync(`${path}.orlop-backup`, JSON.stringify([older]));
  await repair(store);
  const records: { names: string[] }[] = JSON.parse(readFileSync(path, "utf8"));
  assertEquals(
    records.map(({ names }) => names),
    [names, ["localhost/mine:1"]],
  );
});

Deno.test("repairStore() makes no base of a layer that lost what is below", {
  ...NEEDED,
}, async () => {
  const store = await subject();
  using _dir = store.dir;
  await addContainer(store);
  const path = join(store.root, TABLES.layers);
  const records = JSON.parse(readFileSync(path, "utf8"));
  const own = join(store.root, "overlay", records.at(-1).id);
  for (const name of ["lower", "lower-layers"]) {
    rmSync(join(own, name), { force: true });
  }
  rmSync(`${path}.orlop-backup`);
  truncateSync(path, 20);
  const { steps } = await repair(store);
  assertEquals(steps.map(({ outcome }) => outcome), ["left"]);
});

Deno.test(
  "repairStore() leaves lower alone if a read-only store has the rest",
  {
    ...NEEDED,
  },
  async () => {
    const store = await subject();
    using _dir = store.dir;
    await addContainer(store);
    const path = join(store.root, TABLES.layers);
    const records: LayerLike[] = JSON.parse(readFileSync(path, "utf8"));
    const own = records.filter(({ parent }) => parent).slice(-1);
    for (const { id } of records.filter((record) => !own.includes(record))) {
      rmSync(join(store.root, "overlay", id), { recursive: true });
    }
    writeFileSync(path, JSON.stringify(own));
    for (const name of readdirSync(join(store.root, "overlay-images"))) {
      if (/^[0-9a-f]{64}$/.test(name)) {
        rmSync(join(store.root, "overlay-images", name), { recursive: true });
      }
    }
    writeFileSync(join(store.root, TABLES.images), "[]");
    const directory = join(store.root, "overlay", own[0]?.id ?? "");
    rmSync(join(directory, "lower-layers"), { force: true });
    writeFileSync(join(directory, "lower"), "");
    const { steps } = await repair(store);
    assertEquals(steps.map(({ outcome }) => outcome), ["failed"]);
    assertStringIncludes(steps[0]?.why ?? "", "a read-only store has layers");
    assertFalse(existsSync(join(directory, "lower-layers")));
  },
);

interface LayerLike {
  readonly id: string;
  readonly parent?: string;
}

Deno.test(
  "repairStore() keeps a container that a backup shows half made",
  NEEDED,
  async () => {
    const store = await subject();
    using _dir = store.dir;
    const id = await addContainer(store);
    const layer = await layerOf(store, id);
    const file = join(store.root, "overlay", layer, "diff", "written");
    writeFileSync(file, "mine");
    const table = join(store.root, "overlay-containers/containers.json");
    writeFileSync(table, readFileSync(`${table}.orlop-backup`));
    const error = await assertRejects(
      () => store.agent.store.lock(WRITE_LOCKS),
      DamagedStoreError,
      `it says that container "${id}" is being made, and it has written files`,
    );
    assertEquals(error.path, table);
    const { steps, check } = await repair(store);
    assertEquals(steps.map(({ outcome }) => outcome), ["done"]);
    assertEquals(check.status.damaged, []);
    assertEquals(readFileSync(file, "utf8"), "mine");
    using held = await store.agent.store.lock(WRITE_LOCKS);
    const container = held.containers.lookUp(id);
    assert(container !== undefined && !isUnfinished(container));
  },
);

async function layerOf({ agent }: Subject, id: string): Promise<string> {
  using held = await agent.store.lock({ containers: "read" });
  return held.containers.lookUp(id)?.layer ?? "";
}
