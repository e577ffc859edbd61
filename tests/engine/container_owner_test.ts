import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { exitCodeOf } from "../../src/cli/exit_code.ts";
import { prune } from "../../src/engine/cleanup/prune.ts";
import { killContainer } from "../../src/engine/containers/end_process.ts";
import { inspectContainer } from "../../src/engine/containers/inspect_container.ts";
import { listContainers } from "../../src/engine/containers/list_containers.ts";
import { copyFiles } from "../../src/engine/files/copy_files.ts";
import { execInContainer } from "../../src/engine/processes/exec_in_container.ts";
import { listProcesses } from "../../src/engine/processes/list_processes.ts";
import { measureContainer } from "../../src/engine/processes/measure_container.ts";
import { pauseContainer } from "../../src/engine/processes/pause_container.ts";
import { readLogs } from "../../src/engine/processes/read_logs.ts";
import { waitForContainer } from "../../src/engine/processes/wait_for_container.ts";
import { PolicyError } from "../../src/errors/store_errors.ts";
import { runDirectory, workDirectory } from "../../src/store/paths.ts";
import {
  APP,
  containerOptions,
  describeStore,
  testPod,
  type TestRuntime,
} from "../support/test_runtime.ts";

const PODMAN = { "image-name": "a", "image-id": "b", name: "c" };
const CRIO = { ...PODMAN, "pod-name": "p", "pod-id": "q" };

/** Who made a container, and what messages advise. */
const TOOLS = [
  {
    owner: "podman",
    metadata: JSON.stringify(PODMAN),
    advice: {
      remove: 'belongs to podman; use "podman rm theirs"',
      start: 'use "podman start theirs"',
      stop: 'use "podman stop theirs"',
      change: "it belongs to podman; use that tool",
    },
  },
  {
    owner: "cri-o",
    metadata: JSON.stringify(CRIO),
    advice: {
      remove: 'belongs to cri-o; use "crictl rm theirs"',
      start: 'use "crictl start theirs"',
      stop: 'use "crictl stop theirs"',
      change: "it belongs to cri-o; use that tool",
    },
  },
  {
    owner: "buildah",
    metadata: "",
    advice: {
      remove: 'belongs to buildah; use "buildah rm theirs"',
      start: 'use "buildah mount theirs"',
      stop: 'use "buildah umount theirs"',
    },
  },
  {
    owner: "other",
    metadata: "",
    advice: {
      remove: "it belongs to another tool; use that tool",
      start: "it belongs to another tool",
      stop: "it belongs to another tool",
    },
  },
  {
    owner: "other",
    metadata: '{"mine":1}',
    advice: {
      remove: "it belongs to another tool; use that tool",
      start: "it belongs to another tool",
      stop: "it belongs to another tool",
      change: "it belongs to another tool",
    },
  },
] as const;

/** A container of another tool, mounted, in a store with a pod of orlop's. */
async function withForeign(
  { owner, metadata }: { readonly owner: string; readonly metadata: string },
): Promise<TestRuntime & { readonly id: string }> {
  const test = await testPod();
  const { id } = await test.runtime.createContainer(
    containerOptions({ containerName: "theirs" }),
  );
  await test.runtime.startContainer(id);
  using held = await test.agent.store.lock({ containers: "write" });
  const record = held.containers.get(id);
  if (record === undefined) throw new Error("no container");
  held.containers.update({ ...record, metadata });
  held.containers.save();
  const { paths } = test.agent.store;
  const work = workDirectory(paths, id);
  if (owner === "buildah") writeFileSync(join(work, "buildah.json"), "{}");
  else rmSync(dirname(work), { recursive: true }); // it need not have one
  rmSync(dirname(runDirectory(paths, id)), { recursive: true });
  return { ...test, id };
}

Deno.test("nobody looks into or waits for what another tool has made", async (t) => {
  using test = await withForeign({
    owner: "podman",
    metadata: JSON.stringify(PODMAN),
  });
  const { agent } = test;
  const command = ["true"];
  const name = "theirs";
  const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
    "its processes": () => listProcesses(agent, name),
    "its end": () => waitForContainer(agent, name),
    "its log": () => Array.fromAsync(readLogs(agent, name)),
    "its use": () => measureContainer(agent, name),
    "a pause": () => pauseContainer(agent, name, { action: "pause" }),
    "a signal": () => killContainer(agent, name, { number: 15 }),
    "a command": () => execInContainer(agent, name, { command }),
    "files": () =>
      copyFiles(agent, { container: name, path: "/" }, { path: "/" }),
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    await t.step(what, async () => {
      await assertRejects(attempt, PolicyError, "belongs to podman");
    });
  }
});

Deno.test("what another tool has made is never touched", async (t) => {
  for (const { owner, metadata, advice } of TOOLS) {
    await t.step(`${owner}: ${metadata}`, async () => {
      using test = await withForeign({ owner, metadata });
      const { runtime, images, agent, mounter, id } = test;
      const mounts = [...mounter.table];
      const before = await describeStore(agent);
      const attempts: Record<string, () => Promise<unknown>> = {
        remove: () => runtime.deleteContainer(id),
        start: () => runtime.startContainer(id),
        stop: () => runtime.stopContainer(id, { mode: "all" }),
        change: () => runtime.setContainerMetadata(id, (old) => old),
      };
      for (const [verb, why] of Object.entries(advice)) {
        const attempt = attempts[verb];
        if (attempt === undefined) throw new Error(verb);
        const error = await assertRejects(
          attempt,
          PolicyError,
          `Cannot ${verb} container "theirs": `,
        );
        assertEquals([error.message.includes(why), exitCodeOf(error)], [
          true,
          5,
        ], error.message);
      }
      await assertRejects(
        () =>
          images.removeImage(APP, { containers: "remove", pinned: "remove" }),
        Error,
        "containers of other tools use it",
      );
      const everything = {
        ...{ containers: "stopped", images: "unused" } as const,
        ...{ leftoverAgeMs: 0, olderThanMs: 0 },
      };
      const { plan } = await prune(agent, { ...everything, action: "plan" });
      assertEquals(
        plan.items.map(({ kind, name }) => `${kind} ${name}`),
        ["container web-infra"],
      );
      // To look at it makes nothing either.
      const [shown] = (await listContainers(agent))
        .filter((container) => container.id === id);
      assertEquals(shown?.owner, owner);
      await inspectContainer(agent, id);
      const dir = await runtime.getRunDir(id);
      await runtime.getWorkDir(id);
      assert(!existsSync(dir), dir);
      assertEquals(await describeStore(agent), before);
      assertEquals(mounter.table, mounts);
    });
  }
});

Deno.test("what another tool keeps in its directories stays as it is", async () => {
  const [tool] = TOOLS;
  using test = await withForeign(tool);
  const dir = await test.runtime.getWorkDir(test.id);
  mkdirSync(dir, { recursive: true, mode: 0o750 });
  await Deno.chmod(dir, 0o750);
  await test.runtime.getWorkDir(test.id);
  await inspectContainer(test.agent, test.id);
  assertEquals(((await Deno.stat(dir)).mode ?? 0) & 0o777, 0o750);
});
