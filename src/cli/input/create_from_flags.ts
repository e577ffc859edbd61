/** Makes a container as flags say, in a pod that may be new, too. */

import type { Agent } from "../../engine/agent.ts";
import {
  checkPossible,
  createContainer,
} from "../../engine/containers/create_container.ts";
import type { TemplateOptions } from "../../engine/containers/make_template.ts";
import type { CreateContainerOptions } from "../../engine/containers/new_container.ts";
import { removePodSandbox } from "../../engine/pods/remove_pod_sandbox.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { randomId } from "../../fs/random_name.ts";
import { CALLERS_ENV } from "./flags/callers_env.ts";
import { openCidFile } from "./flags/cid_file.ts";
import {
  type ContainerFlags,
  containerSettings,
} from "./flags/container_settings.ts";
import { readEnvFiles } from "./flags/env_flags.ts";
import { type JoinedPod, joinPod } from "./join_pod.ts";

/** A container that was made, and its pod. */
export interface CreatedContainer {
  readonly id: ContainerId;
  readonly pod: JoinedPod;
}

/** What flags of one command only say. */
export type Extras =
  & Pick<
    CreateContainerOptions,
    "containerId" | "metadataName" | "attempt" | "mountLabel"
  >
  & Pick<TemplateOptions, "missingCommand">
  & { readonly signal: AbortSignal };

/**
 * Makes a container.
 *
 * @param words The image, and the command for it.
 */
export async function createFromFlags(
  agent: Agent,
  { flags, words }: {
    readonly flags: ContainerFlags;
    readonly words: readonly string[];
  },
  extras: Extras,
): Promise<CreatedContainer> {
  const [imageName = "", ...args] = words;
  const files = await readEnvFiles(flags["env-file"], extras);
  const settings = {
    ...containerSettings(flags, args, { own: CALLERS_ENV, files }),
    missingCommand: extras.missingCommand,
  };
  using cidFile = openCidFile(flags.cidfile);
  const containerName = flags.name ?? inventName(imageName);
  // Without a pod it gets its own, as in podman containers have none.
  const wanted = flags.pod ?? `new:${containerName}-pod`;
  await checkPossible(agent, { imageName, containerName }, extras);
  const pod = await joinPod(agent, wanted, extras);
  const { podId, podName } = pod;
  try {
    const { id } = await createContainer(agent, {
      ...extras,
      podId,
      podName,
      imageName,
      containerName,
      settings,
    });
    cidFile?.write(id);
    return { id, pod };
  } catch (error) {
    if (pod.isNew) await removePodSandbox(agent, podId);
    throw error;
  }
}

// One in 16 million of the same name: enough for one machine.
const SUFFIX_LENGTH = 6;

/** Says what it is of, and is unique: `busybox-f3a9c1`. */
function inventName(imageName: string): string {
  const last = imageName.replace(/@.*$/, "").split("/").at(-1) ?? "";
  const stem = last.replace(/:.*$/, "").replace(/[^A-Za-z0-9_.-]/g, "");
  const isId = /^[0-9a-f]{12,}$/.test(stem);
  return `${isId || stem === "" ? "container" : stem}-${
    randomId().slice(0, SUFFIX_LENGTH)
  }`;
}
