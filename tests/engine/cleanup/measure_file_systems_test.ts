import { assert, assertEquals } from "@std/assert";
import { measureFileSystems } from "../../../src/engine/cleanup/measure_file_systems.ts";
import { measureStore } from "../../../src/engine/cleanup/disk_usage.ts";
import { measureTree } from "../../../src/fs/measure_tree.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import {
  addImage,
  containerOptions,
  podOptions,
  testPod,
} from "../../support/test_runtime.ts";

async function subject() {
  const test = await testPod();
  const { id: server } = await test.runtime.createContainer(containerOptions());
  const locks = { layers: "read", images: "read", containers: "read" } as const;
  using held = await test.agent.store.lock(locks);
  const { paths } = test.agent.store;
  const [image] = held.images.records;
  const own = held.containers.records.map(({ layer }) => layer);
  const imageLayers = held.layers.records.map(({ id }) => id)
    .filter((id) => !own.includes(id));
  const diffOf = (id: typeof own[number]) =>
    `${layerDirectory(paths, id)}/diff`;
  return { ...test, server, image, own, imageLayers, diffOf };
}

Deno.test("measureFileSystems() distinguishes images from containers", async () => {
  using test = await subject();
  const { agent, own, imageLayers, diffOf, image } = test;
  const [first] = own;
  const [base] = imageLayers;
  assert(first !== undefined && base !== undefined);
  await Deno.writeTextFile(`${diffOf(first)}/file`, "x".repeat(50_000));
  await Deno.writeTextFile(`${diffOf(base)}/file`, "x");
  const trees = await Promise.all(own.map((id) => measureTree(diffOf(id))));
  const total = (numbers: readonly number[]) =>
    numbers.reduce((all, number) => all + number, 0);
  const items = total(Object.values(image?.["big-data-sizes"] ?? {}));
  const before = await measureFileSystems(agent);
  assertEquals(before, {
    path: agent.store.paths.root,
    images: { bytes: items, inodes: (await measureTree(diffOf(base))).inodes },
    containers: {
      bytes: total(trees.map(({ bytes }) => bytes)),
      inodes: total(trees.map(({ inodes }) => inodes)),
    },
  });
  // Image layers are counted once, containers' each time.
  const counts = test.dir.join("root/orlop/file-counts.json");
  assertEquals(JSON.parse(await Deno.readTextFile(counts)), {
    [base]: before.images.inodes,
  });
  await Deno.writeTextFile(`${diffOf(base)}/more`, "");
  await Deno.writeTextFile(`${diffOf(first)}/more`, "");
  const after = await measureFileSystems(agent);
  assertEquals(after.images, before.images);
  assertEquals(after.containers.inodes, before.containers.inodes + 1);
  // A count that is damaged, or of a layer that is gone, is made again.
  for (
    const text of [
      "{",
      `{"${base}":"x"}`,
      `{"none":1}`,
      `{"${base}":2,"none":1}`,
    ]
  ) {
    await Deno.writeTextFile(counts, text);
    const { images } = await measureFileSystems(agent);
    const isKnown = text.includes(":2");
    const inodes = isKnown ? 2 : before.images.inodes + 1;
    assertEquals(images.inodes, inodes);
    assertEquals(JSON.parse(await Deno.readTextFile(counts)), {
      [base]: inodes,
    });
  }
});

Deno.test("measureFileSystems() does without a note of its counts", async () => {
  using test = await subject();
  const counts = test.dir.join("root/orlop/file-counts.json");
  await Deno.mkdir(`${counts}/inner`, { recursive: true });
  const { images } = await measureFileSystems(test.agent);
  assert(images.inodes > 0);
  const messages = test.messages.filter((line) =>
    line.startsWith("debug: Cannot keep the counts of files: ")
  );
  assertEquals(messages.length, 1);
  const signal = AbortSignal.abort("enough");
  const error = await measureFileSystems(test.agent, { signal })
    .catch((error) => error);
  assertEquals(error, "enough");
});

Deno.test("measureStore() reports what images share, and containers have", async () => {
  using test = await subject();
  const { agent, runtime, own, server, image, diffOf } = test;
  const unused = await addImage(agent, { names: ["u:1"], config: { a: 1 } });
  const dangling = await addImage(agent, { names: [], config: { a: 2 } });
  await runtime.createPodSandbox(
    podOptions({ podName: "other", podId: "other-pod", containerName: "o" }),
  );
  const [layer] = own.slice(-1);
  assert(layer !== undefined);
  await Deno.writeTextFile(`${diffOf(layer)}/file`, "x".repeat(50_000));
  const usage = await measureStore(agent);
  const itemBytes = async (id: string) => {
    using held = await agent.store.lock({ images: "read" });
    return Object.values(held.images.lookUp(id)?.["big-data-sizes"] ?? {})
      .reduce((all, size) => all + size, 0);
  };
  const bytes = {
    used: await itemBytes(image?.id ?? ""),
    unused: await itemBytes(unused),
    dangling: await itemBytes(dangling),
  };
  assertEquals(
    usage.images.map(({ lastUsed, created, ...image }) => {
      assertEquals(created, "2026-01-02T03:04:05.000Z");
      assert(Date.parse(lastUsed) > 0);
      return image;
    }),
    [
      {
        ...{ id: `${image?.id}`, names: ["localhost/app:1"], shared: 0 },
        ...{ unique: bytes.used, containers: 3, pinned: false },
        reclaimable: false,
      },
      {
        ...{ id: unused, names: ["docker.io/library/u:1"], shared: 0 },
        ...{ unique: bytes.unused, containers: 0, pinned: false },
        reclaimable: true,
      },
      {
        ...{ id: dangling, names: [], shared: 0, unique: bytes.dangling },
        ...{ containers: 0, pinned: false, reclaimable: true },
      },
    ],
  );
  const { bytes: size } = await measureTree(diffOf(layer));
  const found = usage.containers.map(({ lastUsed, size, ...container }) => {
    assert(Date.parse(lastUsed) > 0);
    return { ...container, hasFile: size > 50_000 };
  });
  const common = { imageId: `${image?.id}`, state: "stopped" as const };
  assertEquals(
    found,
    [
      { ...common, id: "web-pod", name: "web-infra", hasFile: false },
      { ...common, id: server, name: "server", hasFile: true },
      { ...common, id: "other-pod", name: "o", hasFile: false },
    ] as unknown as typeof found,
  );
  assertEquals(
    usage.containerBytes,
    usage.containers.reduce((all, { size }) => all + size, 0),
  );
  assertEquals(usage.containers[1]?.size, size);
  assertEquals(usage.imageBytes, bytes.used + bytes.unused + bytes.dangling);
  const { reclaimable } = usage;
  assertEquals(reclaimable["unused image"], {
    ...{ count: 1, bytes: bytes.unused },
  });
  assertEquals(reclaimable["dangling image"], {
    ...{ count: 1, bytes: bytes.dangling },
  });
  assertEquals(reclaimable.leftover, { count: 0, bytes: 0 });
  assert(usage.disk.total >= usage.disk.free && usage.disk.free > 0);
});
