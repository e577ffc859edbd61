/** Creates pods: the infra containers that they are made of. */

import type { Agent } from "../agent.ts";
import { checkRequest } from "../containers/check_request.ts";
import { putNew } from "../containers/create_container.ts";
import type {
  ContainerInfo,
  CreateContainerOptions,
} from "../containers/new_container.ts";
import type { PullOptions } from "../transfer/pull_image.ts";
import { ensurePauseImage, isPauseImage } from "./pause.ts";

/** What a new pod is to be. */
export interface CreatePodSandboxOptions
  extends Omit<CreateContainerOptions, "containerId" | "mountLabel" | "pod"> {
  /**
   * How an orchestrator tells this pod from others of its name.
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
  checkRequest(options);
  if (await isPauseImage(agent, options)) {
    await ensurePauseImage(agent, options);
  }
  return await putNew(agent, {
    ...options,
    containerId: options.podId,
    pod: "unchecked",
  }, "pod sandbox");
}
