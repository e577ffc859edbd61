import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  inspectImage,
  layersOf,
  listImages,
  readLabels,
  readUser,
} from "../../../src/engine/images/list_images.ts";
import { ImageNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../../src/formats/storage/store_record.ts";
import { imageItemPath } from "../../../src/store/disk_images.ts";
import {
  addImage,
  containerOptions,
  podOptions,
  testRuntime,
} from "../../support/test_runtime.ts";

Deno.test("listImages() and inspectImage() tell all of an image", async () => {
  using test = testRuntime({
    pinnedImages: ["quay.io/*"],
    registriesConf: '[aliases]\n"short"="quay.io/a/b"\n',
  });
  const { agent, runtime } = test;
  const names = ["quay.io/a/b:latest", "quay.io/a/b:2", "docker.io/c/d:1"];
  const id = await addImage(agent, {
    names,
    config: { Labels: { a: "b" }, User: "7:8" },
  });
  const bare = await addImage(agent, { names: [], config: { User: "" } });
  await runtime.createPodSandbox(podOptions({ imageName: names[1] }));
  const { id: server } = await runtime.createContainer(
    containerOptions({ imageName: id }),
  );
  using held = await agent.store.lock({ layers: "read", images: "read" });
  const [record, second] = held.images.records;
  const layer = record?.layer ?? "";
  const sizes = Object.values(record?.["big-data-sizes"] ?? {});
  const sum = sizes.reduce((all, size) => all + size, 0);
  const diffSize = held.layers.lookUp(layer)?.["diff-size"] ?? 0;
  const digest = record?.digest ?? "";
  const [first, last, ...others] = await listImages(agent);
  assertEquals(others, []);
  const { lastUsed, ...known } = first ?? {};
  assertEquals(known, {
    ...{ id, names, digest, created: "2026-01-02T03:04:05Z" },
    repoDigests: [`quay.io/a/b@${digest}`, `docker.io/c/d@${digest}`],
    size: sum + Math.max(diffSize, 0),
    layers: [parseLayerId(layer)],
    usedBy: ["web-infra", "server"],
    pinned: true,
  });
  assert(!(Number.isNaN(Date.parse(lastUsed ?? ""))));
  assertEquals(last, {
    ...{ id: bare, names: [], digest: second?.digest ?? "" },
    ...{ created: "2026-01-02T03:04:05Z", repoDigests: [] },
    size: Object.values(second?.["big-data-sizes"] ?? {})
      .reduce((all, size) => all + size, 0),
    ...{ layers: [parseLayerId(second?.layer ?? "")], usedBy: [] },
    ...{ pinned: false, lastUsed: last?.lastUsed },
  });
  held[Symbol.dispose]();
  const { config, manifest, namesHistory, layerSizes, ...summary } =
    await inspectImage(agent, "short");
  assertEquals(summary, first);
  const { Cmd, Labels, User } = config?.config ?? {};
  assertEquals([Cmd, Labels, User], [["/bin/app"], { a: "b" }, "7:8"]);
  assertEquals((manifest as { schemaVersion: number }).schemaVersion, 2);
  assertEquals([namesHistory, layerSizes], [
    record?.["names-history"] ?? [],
    [diffSize],
  ]);
  assertEquals(server.length, 64);
  await assertRejects(() => inspectImage(agent, "none"), ImageNotFoundError);
  assertEquals(readLabels(agent, id), { a: "b" });
  assertEquals(readUser(agent, id), "7:8");
  assertEquals([readLabels(agent, bare), readUser(agent, bare)], [{}, ""]);
});

Deno.test("inspectImage() reports what is damaged, and lists go on", async (t) => {
  const subject = async () => {
    const test = testRuntime();
    const { agent } = test;
    const id = await addImage(agent, { names: ["a:1"], config: { User: "u" } });
    const config = imageItemPath(agent.store.paths, id, `sha256:${id}`);
    const manifest = imageItemPath(agent.store.paths, id, "manifest");
    return { ...test, id, config, manifest };
  };
  await t.step("a config that is odd", async () => {
    using test = await subject();
    await Deno.writeTextFile(test.config, "[]");
    await assertRejects(
      () => inspectImage(test.agent, "a:1"),
      InvalidManifestError,
    );
    const { agent, id } = test;
    assertEquals([readLabels(agent, id), readUser(agent, id)], [{}, ""]);
    assertEquals((await listImages(agent)).length, 1);
  });
  await t.step("a manifest that is no JSON", async () => {
    using test = await subject();
    await Deno.writeTextFile(test.manifest, "{");
    const error = await assertRejects(
      () => inspectImage(test.agent, "a:1"),
      DamagedFileError,
    );
    assertEquals(error.path, test.manifest);
  });
  await t.step("a manifest that is missing", async () => {
    using test = await subject();
    await Deno.remove(test.manifest);
    const error = await assertRejects(
      () => inspectImage(test.agent, "a:1"),
      DamagedFileError,
    );
    assertEquals(
      error.message,
      `Cannot read "${test.manifest}": it is missing; pull the image again`,
    );
  });
});

Deno.test("inspectImage() knows images without config and layers", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: ["a:1"], without: "config" });
  await addImage(test.agent, { names: ["b:1"], without: "layers" });
  assertEquals((await inspectImage(test.agent, "a:1")).config, undefined);
  const { layers, layerSizes, config } = await inspectImage(test.agent, "b:1");
  assertEquals([layers, layerSizes, config?.os], [[], [], "linux"]);
});

Deno.test("layersOf() ends also where records have a cycle", () => {
  const [a, b, c] = ["a", "b", "c"].map((digit) =>
    parseLayerId(digit.repeat(64))
  );
  const parents = new Map([[a, b], [b, c], [c, b]]);
  const records = new Map(
    [...parents].map(([id, parent]) => [id, { id, parent } as LayerRecord]),
  );
  const table = { get: (id?: typeof a) => records.get(id) };
  const listed = layersOf(table as never, { layer: a } as ImageRecord);
  assertEquals(listed.map(({ id }) => id), [c, b, a]);
  assertEquals(layersOf(table as never, {} as ImageRecord), []);
});
