/** Containers whose processes really run: mounted, under runc and conmon. */

import { assert } from "@std/assert";
import { join } from "@std/path";
import type { Agent } from "../../src/engine/agent.ts";
import { ImageServer } from "../../src/engine/image_server.ts";
import {
  type ProcessExit,
  readExit,
} from "../../src/engine/containers/process_exit.ts";
import { startContainer } from "../../src/engine/containers/start_container.ts";
import {
  createProcess,
  type CreateProcessOptions,
} from "../../src/engine/monitor/create_process.ts";
import { startProcess } from "../../src/engine/monitor/start_process.ts";
import { RuntimeServer } from "../../src/engine/runtime_server.ts";
import type { ContainerId } from "../../src/formats/storage/store_ids.ts";
import { layerDirectory, workDirectory } from "../../src/store/paths.ts";
import { needs } from "./peers.ts";
import { agentsIn, type LoggedAgents } from "./store_agent.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";
import { addImage, APP } from "./test_runtime.ts";
import { until } from "./until.ts";

/** What such tests need. */
export const MONITOR_NEEDS: { ignore: boolean } = needs(
  ...["root", "conmon", "runc", "/usr/bin/busybox"],
);

/** A store with an image that runs, and a pod. */
export interface MonitoredStore extends LoggedAgents, AsyncDisposable {
  readonly runtime: RuntimeServer;
  readonly dir: TempDir;
  /** Makes a container that is mounted, and would run a script. */
  make(script: string, changes?: SpecChanges): Promise<MonitoredContainer>;
  /** Mounts one anew, and lets it run another script. */
  restart(id: ContainerId, script: string): Promise<void>;
  /** Makes one, and starts it. */
  run(
    script: string,
    options?: CreateProcessOptions & SpecChanges,
  ): Promise<MonitoredContainer>;
}

/** What is to be otherwise in a bundle. */
export interface SpecChanges {
  readonly args?: readonly string[];
  readonly hasTerminal?: boolean;
  /** In bytes. */
  readonly memory?: number;
}

/** A container, and where its log would be. */
export interface MonitoredContainer {
  readonly id: ContainerId;
  readonly bundle: string;
  readonly logPath: string;
  readLog(): string;
}

let count = 0;

/** Opens a store: `await using test = await monitoredStore();`. */
export async function monitoredStore(): Promise<MonitoredStore> {
  const dir = tempDir("/var/tmp");
  const agents = agentsIn(dir);
  const { agent } = agents;
  const runtime = new RuntimeServer(new ImageServer(agent));
  await addImage(agent, { names: [APP] });
  await addBusybox(agent);
  await Deno.mkdir(dir.join("logs"));
  const podId = `${dir.path.split("-").at(-1)}-pod`;
  const pod = { podName: podId, podId, imageName: APP };
  await runtime.createPodSandbox({ ...pod, containerName: `${podId}-infra` });
  const ids: ContainerId[] = [];
  return {
    ...{ ...agents, runtime, dir, make, restart, run },
    ...disposal(),
  };

  async function make(script: string, changes: SpecChanges = {}) {
    const name = `c${++count}-${dir.path.split("-").at(-1)}`;
    const { id, runDir } = await runtime.createContainer({
      ...pod,
      containerName: name,
    });
    ids.push(id);
    await startContainer(agent, id);
    await changeSpec(runDir, { args: ["/bin/sh", "-c", script], ...changes });
    const logPath = dir.join("logs", `${name}.log`);
    const readLog = () => Deno.readTextFileSync(logPath);
    return { id, bundle: runDir, logPath, readLog };
  }

  async function restart(id: ContainerId, script: string) {
    await runtime.stopContainer(id, { mode: "all" });
    await startContainer(agent, id);
    const bundle = await runtime.getRunDir(id);
    await changeSpec(bundle, { args: ["/bin/sh", "-c", script] });
  }

  async function run(
    script: string,
    options: CreateProcessOptions & SpecChanges = {},
  ) {
    const container = await make(script, options);
    const { id, logPath } = container;
    await createProcess(agent, id, { logPath, ...options });
    await startProcess(agent, id);
    return container;
  }

  function disposal(): AsyncDisposable {
    return {
      async [Symbol.asyncDispose]() {
        for (const id of ids) {
          if (await isGone(runtime, id)) continue;
          await runtime.deleteContainer(id, { running: "end", timeMs: 0 });
        }
        await runtime.removePodSandbox(podId);
        dir[Symbol.dispose]();
      },
    };
  }
}

/** Waits for the end of a container's process. */
export async function untilEnded(
  agent: Agent,
  id: ContainerId,
): Promise<ProcessExit> {
  await until(() => readExit(agent, id) !== undefined);
  const exit = readExit(agent, id);
  assert(exit !== undefined);
  return exit;
}

async function isGone(runtime: RuntimeServer, id: ContainerId) {
  try {
    await runtime.getContainerMetadata(id);
    return false;
  } catch {
    return true;
  }
}

/** Puts busybox, by many names, into the only image of a store. */
export async function addBusybox({ store }: Agent): Promise<void> {
  using held = await store.lock({ layers: "read" });
  const [layer] = held.layers.records;
  if (layer === undefined) throw new Error("There is no image");
  const diff = join(layerDirectory(store.paths, layer.id), "diff");
  await Deno.mkdir(join(diff, "bin"));
  await Deno.copyFile("/usr/bin/busybox", join(diff, "bin/busybox"));
  await Deno.chmod(join(diff, "bin/busybox"), 0o755);
  for (const name of APPLETS) {
    await Deno.symlink("busybox", join(diff, "bin", name));
  }
}

const APPLETS = [
  ...["sh", "echo", "cat", "sleep", "true", "kill", "stty", "tail", "dd"],
  ...["yes", "head", "seq", "id", "env", "ps", "grep", "setsid", "touch", "wc"],
];

async function changeSpec(
  bundle: string,
  { args, hasTerminal, memory }: SpecChanges,
): Promise<void> {
  const path = join(bundle, "config.json");
  const spec = JSON.parse(await Deno.readTextFile(path));
  spec.process.args = args;
  if (hasTerminal) spec.process.terminal = true;
  if (memory !== undefined) {
    spec.linux.resources = {
      ...spec.linux.resources,
      memory: { limit: memory, swap: memory },
    };
  }
  await Deno.writeTextFile(path, JSON.stringify(spec));
}

/** Makes a container that is not mounted, whose template runs a script. */
export async function makeIdle(
  test: MonitoredStore,
  script: string,
  annotations: Readonly<Record<string, string>> = {},
): Promise<ContainerId> {
  const { id } = await test.make(script);
  await test.runtime.stopContainer(id, { mode: "all" });
  const path = join(workDirectory(test.agent.store.paths, id), "config.json");
  const template = JSON.parse(await Deno.readTextFile(path));
  template.process.args = ["/bin/sh", "-c", script];
  template.annotations = { ...template.annotations, ...annotations };
  await Deno.writeTextFile(path, JSON.stringify(template));
  return id;
}
