/** Containers that are made of CRI's requests, and really run. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ContainerConfig,
  ContainerConfigSchema,
} from "../../../src/cri/api/api_pb.js";
import { makeContainerSpec } from "../../../src/cri/spec/make_container_spec.ts";
import { createContainer } from "../../../src/engine/containers/create_container.ts";
import { deleteContainer } from "../../../src/engine/containers/delete_container.ts";
import { removeImageVolumes } from "../../../src/engine/containers/image_volumes.ts";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { startProcess } from "../../../src/engine/monitor/start_process.ts";
import { runSandbox } from "../../../src/engine/sandboxes/run_sandbox.ts";
import type {
  Sandbox,
  SandboxRequest,
} from "../../../src/engine/sandboxes/sandbox.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../../src/formats/storage/store_ids.ts";
import { randomId } from "../../../src/fs/random_name.ts";
import { addBusybox, untilEnded } from "../monitored_container.ts";
import { type TestSandboxes, testSandboxes } from "../sandboxes.ts";
import { addImage, APP } from "../test_runtime.ts";

/** What a test asks of a container. */
export type ConfigInit = Exclude<
  MessageInitShape<typeof ContainerConfigSchema>,
  ContainerConfig
>;

/** A store with an image that runs scripts; nothing is left of it. */
export interface SpecPods extends TestSandboxes {
  /** Makes a pod. */
  pod(name: string, changes?: Partial<SandboxRequest>): Promise<Sandbox>;
  /** Starts a container that runs a script, as is asked for. */
  start(sandbox: Sandbox, script: string, config?: ConfigInit): Promise<{
    readonly id: ContainerId;
    readonly logPath: string;
  }>;
  /** Starts one, and waits for its end. @returns What it wrote. */
  run(sandbox: Sandbox, script: string, config?: ConfigInit): Promise<string>;
}

/** Opens one: `await using test = await specPods();`. */
export async function specPods(): Promise<SpecPods> {
  const test = testSandboxes();
  const { agent, dir } = test;
  await addImage(agent, {
    names: [APP],
    config: { Env: ["FROM_IMAGE=1"], Entrypoint: ["/bin/sh"] },
    files: {
      "etc/passwd": "root:x:0:0::/root:\nweb:x:33:34::/srv:\n",
      "etc/group": "adm:x:4:web\nweb:x:34:\n",
      "data/file": "from the image\n",
    },
  });
  await addBusybox(agent);
  const ids: ContainerId[] = [];
  return {
    ...test,
    pod: async (name, changes) =>
      await runSandbox(agent, test.request(name, changes)),
    start,
    run,
    async [Symbol.asyncDispose]() {
      for (const id of ids) {
        await removeImageVolumes(agent, id);
        await deleteContainer(agent, id, { running: "end", timeMs: 0 });
      }
      await test[Symbol.asyncDispose]();
    },
  };

  async function start(sandbox: Sandbox, script: string, config = {}) {
    const id = parseContainerId(randomId());
    const logPath = dir.join(`${id}.log`);
    const template = await makeContainerSpec(agent, {
      id,
      sandbox,
      config: create(ContainerConfigSchema, {
        image: { image: APP },
        args: ["-c", script],
        ...config,
      }),
    });
    await createContainer(agent, {
      podId: sandbox.id,
      podName: sandbox.request.podName,
      containerName: id,
      containerId: id,
      imageName: APP,
      template,
    });
    ids.push(id);
    await startContainer(agent, id);
    await createProcess(agent, id, { logPath });
    await startProcess(agent, id);
    return { id, logPath };
  }

  async function run(sandbox: Sandbox, script: string, config = {}) {
    const { id, logPath } = await start(sandbox, script, config);
    await untilEnded(agent, id);
    const log = await Deno.readTextFile(logPath);
    return log.replaceAll(/^\S+ std(?:out|err) F ?/gm, "");
  }
}
