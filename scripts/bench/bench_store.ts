/** A store for benchmarks: a small image, a pod, and as many others as wanted. */

import { type Agent, openAgent } from "../../src/engine/agent.ts";
import { ImageServer } from "../../src/engine/image_server.ts";
import { RuntimeServer } from "../../src/engine/runtime_server.ts";
import { randomId } from "../../src/fs/random_name.ts";
import { takeLibc } from "../../src/process/bind_libc.ts";
import { writeBusyboxLayout } from "../../tests/support/images/busybox_layout.ts";
import { unmountBelow } from "./machine.ts";

/** Disposing of it unmounts all that is mounted in it, and removes it. */
export interface BenchStore extends AsyncDisposable {
  readonly agent: Agent;
  readonly runtime: RuntimeServer;
  readonly root: string;
  readonly runRoot: string;
  readonly image: string;
  readonly imageId: string;
  /** The name of a pod. */
  readonly pod: string;
  readonly podId: string;
  /** Creates containers beside those that are measured. */
  fill(count: number): Promise<void>;
  /**
   * Creates, starts, stops and deletes a container.
   *
   * @param onStep Called after each step.
   */
  live(containerName: string, onStep?: () => void): Promise<void>;
}

/** The steps of a container's life. */
export const STEPS = ["create", "start", "stop", "delete"] as const;

/** Makes one below a directory; podman wants its path short. */
export async function openBenchStore(dir: string): Promise<BenchStore> {
  const work = await Deno.makeTempDir({ dir, prefix: "ob" });
  const [root, runRoot] = [`${work}/s`, `${work}/r`];
  const agent = openAgent({ root, runRoot, libc: takeLibc() });
  const images = new ImageServer(agent);
  const runtime = new RuntimeServer(images);
  await writeBusyboxLayout(`${work}/busybox`);
  const { imageId } = await images.pullImage(`oci:${work}/busybox:latest`);
  const pod = "bench-pod";
  const podId = randomId();
  await runtime.createPodSandbox({
    podName: pod,
    podId,
    imageName: agent.pauseImage,
    containerName: "bench-infra",
  });
  const image = "localhost/busybox:latest";
  const create = (containerName: string) =>
    runtime.createContainer({
      podName: pod,
      podId,
      imageName: image,
      containerName,
      settings: { args: ["true"] },
    });
  return {
    agent,
    runtime,
    root,
    runRoot,
    image,
    imageId,
    pod,
    podId,
    async fill(count) {
      for (let number = 0; number < count; number++) {
        await create(`filler-${number}`);
      }
    },
    async live(containerName, onStep = () => {}) {
      const { id } = await create(containerName);
      onStep();
      await runtime.startContainer(id);
      onStep();
      await runtime.stopContainer(id);
      onStep();
      await runtime.deleteContainer(id);
      onStep();
    },
    async [Symbol.asyncDispose]() {
      await unmountBelow(work);
      await Deno.remove(work, { recursive: true });
    },
  };
}
