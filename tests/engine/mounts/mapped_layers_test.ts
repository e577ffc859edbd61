import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  dropMapped,
  mappedDirectory,
  usersOf,
  whyNoWay,
  withMappedLayers,
} from "../../../src/engine/mounts/mapped_layers.ts";
import { CommandError } from "../../../src/errors/store_errors.ts";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import type { LayerRecord } from "../../../src/formats/storage/store_record.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { tempDir } from "../../support/temp_dir.ts";

const RANGE = { first: 100_000, count: 65_536 };
const USERS = { uids: RANGE, gids: RANGE };
const MAP = [{ "container_id": 0, "host_id": 100_000, "size": 65_536 }];
const MAPPED = { uidmap: MAP, gidmap: MAP };
const [BASE, TOP] = ["a", "b"].map((digit) => parseLayerId(digit.repeat(64)));

Deno.test("usersOf() tells whose layers need to be mapped", async (t) => {
  assert(BASE !== undefined && TOP !== undefined);
  type Change = Partial<LayerRecord> | undefined;
  // The layer below, the layer, and whether it has to be mapped.
  const cases: readonly (readonly [string, Change, Change, boolean])[] = [
    ["of nobody", {}, {}, false],
    ["of a user namespace", {}, MAPPED, true],
    ["of one, on such a copy", MAPPED, MAPPED, false],
    ["on such a copy", MAPPED, {}, false],
    ["without one below", undefined, MAPPED, true],
    ["that is unknown", {}, undefined, false],
  ];
  for (const [name, below, own, isMapped] of cases) {
    await t.step(name, () => {
      const records = new Map<string, LayerRecord>();
      const record = { created: "", names: [] };
      if (below) records.set(BASE, { ...record, id: BASE, ...below });
      if (own) records.set(TOP, { ...record, id: TOP, parent: BASE, ...own });
      const layers = { get: (id = "") => records.get(id) };
      assertEquals(usersOf(layers, TOP), isMapped ? USERS : undefined);
    });
  }
});

Deno.test("whyNoWay() names the folder that others cannot pass", () => {
  using dir = tempDir();
  const [folder, root] = [dir.join("d"), dir.join("d", "e", "root")];
  Deno.mkdirSync(root, { recursive: true });
  for (const path of [dir.path, folder, dir.join("d", "e")]) {
    Deno.chmodSync(path, 0o711);
  }
  Deno.chmodSync(root, 0o700); // that is the store's own to open
  assertEquals(whyNoWay({ root }), undefined);
  Deno.chmodSync(folder, 0o770);
  const why = `they cannot pass "${folder}"; use chmod o+x`;
  assertEquals(whyNoWay({ root }), why);
  Deno.chmodSync(dir.path, 0o700);
  assertEquals(whyNoWay({ root }), why); // the innermost one first
});

Deno.test("withMappedLayers() needs libc's mounts, and changes nothing without", async () => {
  assert(TOP !== undefined);
  using test = storeAgent({ libc: undefined });
  const { agent } = test;
  let isCalled = false;
  await assertRejects(
    () =>
      withMappedLayers(agent, { layerId: TOP, users: USERS }, () => {
        isCalled = true;
        return Promise.resolve();
      }),
    CommandError,
    `Cannot mount layer "${TOP}" for other users: only the commands`,
  );
  assert(!isCalled);
});

Deno.test("dropMapped() unmounts and removes what a kill has left", async () => {
  assert(TOP !== undefined);
  using test = storeAgent();
  const { agent, mounter } = test;
  await dropMapped(agent, TOP); // there is nothing
  const target = mappedDirectory(agent, TOP);
  assertEquals(target, `${layerDirectory(agent.store.paths, TOP)}/mapped`);
  for (const isMounted of [true, false]) {
    await Deno.mkdir(target, { recursive: true });
    if (isMounted) {
      await mounter.mount({
        ...{ source: "overlay", type: "overlay", target },
        ...{ flags: [], data: "lowerdir=/a" },
      });
      mounter.setBusy(target, "busy"); // then it is unmounted lazily
    }
    await dropMapped(agent, TOP);
    assert(!await mounter.isMounted(target));
    await assertRejects(() => Deno.stat(target), Deno.errors.NotFound);
  }
});
