/** Creates pods: the infra containers that they are made of. */

import type { Agent } from "../agent.ts";
import { checkRequest } from "../containers/check_request.ts";
import {
  putBoth,
  type PutCall,
  putNew,
} from "../containers/create_container.ts";
import type {
  ContainerInfo,
  CreateContainerOptions,
} from "../containers/new_container.ts";
import type { PullOptions } from "../transfer/pull_image.ts";
import { ensurePauseImage, isPauseImage } from "./pause.ts";
import { removePodSandbox } from "./remove_pod_sandbox.ts";

/** Options of a new pod. */
export interface CreatePodSandboxOptions
  extends Omit<CreateContainerOptions, "containerId" | "mountLabel" | "pod"> {
  /**
   * How an orchestrator distinguishes pods with the same name.
   *
   * @default {""}
   */
  readonly uid?: string | undefined;
  /**
   * The orchestrator's.
   *
   * @default {""}
   */
  readonly namespace?: string | undefined;
  /**
   * How to pull the pause image, if it is the one that is missing.
   *
   * @default {as pullImage()}
   */
  readonly pull?: PullOptions | undefined;
}

/**
 * Creates a pod: its infra container, whose ID is the pod's. If the image is
 * the configured pause image and missing, it is pulled.
 *
 * @throws As `createContainer()` does, and `pullImage()`.
 */
export async function createPodSandbox(
  agent: Agent,
  options: CreatePodSandboxOptions,
): Promise<ContainerInfo> {
  return await putNew(agent, await preparePod(agent, options));
}

/** A pod and a container to create together. */
export interface CreateInNewPodOptions {
  readonly pod: CreatePodSandboxOptions;
  /** In the pod, by its name and ID. */
  readonly container: CreateContainerOptions;
}

/**
 * Creates a pod for a container, and the container: both, or neither of them.
 *
 * @throws As `createPodSandbox()` and `createContainer()` do.
 */
export async function createInNewPod(
  agent: Agent,
  { pod, container }: CreateInNewPodOptions,
): Promise<ContainerInfo> {
  const call = await preparePod(agent, pod);
  checkRequest(container);
  const [made, created] = await putBoth(agent, [
    call,
    { options: container, kind: "container" },
  ]);
  if (created.status === "fulfilled") return created.value;
  if (made.status === "rejected") throw made.reason;
  await removePodSandbox(agent, pod.podId);
  throw created.reason;
}

async function preparePod(
  agent: Agent,
  options: CreatePodSandboxOptions,
): Promise<PutCall> {
  checkRequest(options);
  if (await isPauseImage(agent, options)) {
    await ensurePauseImage(agent, options);
  }
  const { podId: containerId } = options;
  return {
    options: { ...options, containerId, pod: "unchecked" },
    kind: "pod sandbox",
  };
}
