import { assert, assertEquals } from "@std/assert";
import { ImageFileSystems } from "../../../src/cri/images/image_file_systems.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("ImageFileSystems measures again what has changed, and else seldom", async () => {
  using store = storeAgent();
  const { agent, dir } = store;
  const fileSystems = new ImageFileSystems(agent);
  const measure = async () => {
    const { imageFilesystems } = await fileSystems.measure({});
    const [usage] = imageFilesystems ?? [];
    return [usage?.usedBytes?.value, usage?.inodesUsed?.value];
  };
  assertEquals(await measure(), [0n, 0n]);
  await writeLayout(dir.join("layout"), [
    await layerOf({ "a/": "", "a/b": "x" }),
  ]);
  await pullImage(agent, `oci:${dir.join("layout")}`);
  assertEquals(await measure(), [0n, 0n]);
  fileSystems.forget();
  const [bytes = 0n, inodes] = await measure();
  assert(bytes > 0n);
  assertEquals(inodes, 3n); // the root, a, a/b
  // What was counted is kept for whoever comes later.
  const counts = await Deno.readTextFile(
    dir.join("root/orlop/file-counts.json"),
  );
  assertEquals(Object.values(JSON.parse(counts)), [3]);
});

Deno.test("ImageFileSystems measures once for all who ask", async () => {
  using store = storeAgent();
  const fileSystems = new ImageFileSystems(store.agent);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => fileSystems.measure({})),
  );
  const times = answers.map(({ imageFilesystems: [usage] = [] }) =>
    usage?.timestamp
  );
  assertEquals(new Set(times).size, 1);
});
