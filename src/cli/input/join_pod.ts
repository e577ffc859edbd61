/** The pod that a new container joins: an existing or a new one. */

import type { Agent } from "../../engine/agent.ts";
import { findPod } from "../../engine/containers/list_containers.ts";
import {
  createPodSandbox,
  type CreatePodSandboxOptions,
} from "../../engine/pods/create_pod_sandbox.ts";
import { randomId } from "../../fs/random_name.ts";

/** A pod, as containers refer to it. */
export interface JoinedPod {
  readonly podId: string;
  readonly podName: string;
  /** Whether it was made for the container. */
  readonly isNew: boolean;
}

/** Options of a new pod. */
export interface NewPod {
  readonly podName: string;
  readonly podId?: string | undefined;
  readonly uid?: string | undefined;
  readonly namespace?: string | undefined;
  readonly attempt?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The name in `new:NAME`; undefined for an existing pod. */
export function newPodName(text: string): string | undefined {
  const [, name] = /^new:(.*)$/s.exec(text) ?? [];
  return name;
}

// What podman appends to a pod's name, too.
const INFRA_SUFFIX = "-infra";

/** Finds a pod that is there, by its name, ID or beginning of an ID. */
export async function joinPod(
  agent: Agent,
  text: string,
  options: { readonly signal: AbortSignal },
): Promise<JoinedPod> {
  const { id, name } = await findPod(agent, text, options);
  return { podId: id, podName: name, isNew: false };
}

/** Makes a pod of the agent's pause image. */
export async function makePod(
  agent: Agent,
  pod: NewPod,
): Promise<string> {
  const { id } = await createPodSandbox(agent, podRequest(agent, pod));
  return id;
}

/** What a pod of the agent's pause image is asked for with. */
export function podRequest(
  { pauseImage }: Agent,
  { podName, podId = randomId(), ...options }: NewPod,
): CreatePodSandboxOptions {
  const containerName = `${podName}${INFRA_SUFFIX}`;
  return { ...options, podName, podId, imageName: pauseImage, containerName };
}
