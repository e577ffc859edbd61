import { assert, assertEquals } from "@std/assert";
import { writeCleanupMetrics } from "../../../src/engine/cleanup/cleanup_metrics.ts";
import type { CleanupStatus } from "../../../src/engine/cleanup/cleanup_status.ts";
import { measureFileSystems } from "../../../src/engine/cleanup/measure_file_systems.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { containerOptions, testPod } from "../../support/test_runtime.ts";
import { tempDir } from "../../support/temp_dir.ts";

const STATUS: CleanupStatus = {
  ...{ time: "1970-01-01T00:01:00.900Z", outcome: "done", message: "" },
  ...{ durationMs: 1500, freedBytes: 7, shortfallBytes: 8 },
  removed: {
    ...{ leftover: 1, layer: 2, container: 3 },
    ...{ "dangling image": 4, "unused image": 5 },
  },
  disk: { free: 9, total: 10 },
  lastDone: "1970-01-01T00:00:30Z",
};

/** The values that are written, as `name{labels} value`. */
function write(status: CleanupStatus): readonly string[] {
  using dir = tempDir();
  const path = dir.join("gc.prom");
  const before = Deno.umask(0o077);
  try {
    writeCleanupMetrics(path, status);
  } finally {
    Deno.umask(before);
  }
  // Who collects them is not root.
  assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o644);
  return Deno.readTextFileSync(path).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

Deno.test("writeCleanupMetrics() reports how the last cleanup went", () => {
  assertEquals(write(STATUS), [
    "orlop_gc_last_run_timestamp_seconds 60",
    "orlop_gc_last_success_timestamp_seconds 30",
    "orlop_gc_success 1",
    "orlop_gc_duration_seconds 1.5",
    "orlop_gc_freed_bytes 7",
    "orlop_gc_shortfall_bytes 8",
    'orlop_gc_removed{kind="leftover"} 1',
    'orlop_gc_removed{kind="layer"} 2',
    'orlop_gc_removed{kind="container"} 3',
    'orlop_gc_removed{kind="dangling_image"} 4',
    'orlop_gc_removed{kind="unused_image"} 5',
    "orlop_store_free_bytes 9",
    "orlop_store_size_bytes 10",
  ]);
});

Deno.test("writeCleanupMetrics() leaves out what is not known", async (t) => {
  for (const outcome of ["short", "failed", "busy"] as const) {
    await t.step(outcome, () => {
      const { lastDone: _last, disk: _disk, ...rest } = STATUS;
      const lines = write({
        ...{ ...rest, lastDone: undefined, disk: undefined, outcome },
      });
      const names = lines.map((line) => line.replace(/[{ ].*/, ""));
      assertEquals(
        names.filter((name) => /last_success|store_/.test(name)),
        [],
      );
      assert(lines.includes("orlop_gc_success 0"));
    });
  }
});

Deno.test("measureFileSystems() distinguishes images from what containers wrote", async () => {
  using test = await testPod();
  const { agent } = test;
  const before = await measureFileSystems(agent);
  assertEquals(before.path, agent.store.paths.root);
  const { id } = await test.runtime.createContainer(containerOptions());
  {
    using held = await agent.store.lock({ containers: "read" });
    const layer = held.containers.get(id)?.layer;
    const diff = layer && `${layerDirectory(agent.store.paths, layer)}/diff`;
    await Deno.writeTextFile(`${diff}/file`, "x".repeat(5000));
    await Deno.mkdir(`${diff}/folder`);
  }
  const after = await measureFileSystems(agent);
  assertEquals(after.images, before.images);
  // The container's own directory, a file and a folder.
  assertEquals(after.containers.inodes - before.containers.inodes, 3);
  const more = after.containers.bytes - before.containers.bytes;
  assert(more >= 5000, `${more}`);
});

Deno.test("measureFileSystems() counts a layer's files once in its life", async () => {
  using test = await testPod({});
  const { agent, messages } = test;
  const { images } = await measureFileSystems(agent);
  using held = await agent.store.lock({ layers: "read", images: "read" });
  const [image] = held.images.records;
  const top = image?.layer;
  const diff = top && `${layerDirectory(agent.store.paths, top)}/diff`;
  await Deno.writeTextFile(`${diff}/more`, "");
  held[Symbol.dispose]();
  assertEquals((await measureFileSystems(agent)).images, images);
  const told = messages.filter((one) => one.includes("counts of files"));
  assertEquals(told, []);
});
