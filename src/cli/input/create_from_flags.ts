/** Creates a container according to flags, in an existing or a new pod. */

import type { Agent } from "../../engine/agent.ts";
import {
  checkPossible,
  createContainer,
} from "../../engine/containers/create_container.ts";
import type { TemplateOptions } from "../../engine/templates/make_template.ts";
import type { CreateContainerOptions } from "../../engine/containers/new_container.ts";
import { createInNewPod } from "../../engine/pods/create_pod_sandbox.ts";
import { removePodSandbox } from "../../engine/pods/remove_pod_sandbox.ts";
import { isSandbox } from "../../engine/sandboxes/sandbox_file.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../formats/storage/store_ids.ts";
import { randomId } from "../../fs/random_name.ts";
import type { JoinedNamespace } from "../../image/namespaces.ts";
import { CALLERS_ENV } from "./flags/callers_env.ts";
import { openCidFile } from "./flags/cid_file.ts";
import {
  type ContainerFlags,
  containerSettings,
} from "./flags/container_settings.ts";
import { readEnvFiles } from "./flags/env_flags.ts";
import { badFlag } from "./flags/flag_value.ts";
import { readNetworks } from "./flags/network_flags.ts";
import type { ServeTexts } from "./config_file.ts";
import type { UsageError } from "../usage_error.ts";
import { type JoinedPod, joinPod, newPodName, podRequest } from "./join_pod.ts";

/** A container that was made, and its pod. */
export interface CreatedContainer {
  readonly id: ContainerId;
  readonly pod: JoinedPod;
}

/** Settings from flags that only one command has. */
export type Extras =
  & Pick<
    CreateContainerOptions,
    "containerId" | "metadataName" | "attempt" | "mountLabel"
  >
  & Pick<TemplateOptions, "missingCommand">
  & {
    readonly signal: AbortSignal;
    /** What says where networks are, for a command that may join them. */
    readonly networks?: ServeTexts | undefined;
  };

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
  const podText = flags.pod ?? `new:${containerName}-pod`;
  const containerId = extras.containerId ?? randomId();
  await checkPossible(agent, { imageName, containerName }, extras);
  const container = {
    ...extras,
    ...{ containerId, imageName, containerName, settings },
  };
  const request = { flags, podText, container };
  const { id, pod } = await createAsWanted(agent, request, extras);
  try {
    cidFile?.write(id);
    return { id, pod };
  } catch (error) {
    if (pod.isNew) await removePodSandbox(agent, pod.podId);
    throw error;
  }
}

interface WantedContainer {
  readonly flags: ContainerFlags;
  readonly podText: string;
  readonly container:
    & Omit<CreateContainerOptions, "podId" | "podName">
    & { readonly containerId: string };
}

/** Creates it in an existing pod, or in one that is made with it or before it. */
async function createAsWanted(
  agent: Agent,
  request: WantedContainer,
  extras: Extras,
): Promise<CreatedContainer> {
  const { flags, podText, container } = request;
  const podName = newPodName(podText);
  if (podName !== undefined && readNetworks(flags).kind !== "join") {
    const made = podRequest(agent, { podName, signal: extras.signal });
    const { podId } = made;
    const { id } = await createInNewPod(agent, {
      pod: made,
      container: { ...container, podId, podName },
    });
    return { id, pod: { podId, podName, isNew: true } };
  }
  const pod = await joinAsWanted(agent, request, extras);
  const { network } = pod;
  const { settings } = container;
  try {
    const { id } = await createContainer(agent, {
      ...container,
      ...{ podId: pod.podId, podName: pod.podName },
      settings: network === undefined ? settings : { ...settings, network },
    });
    return { id, pod };
  } catch (error) {
    if (pod.isNew) await removePodSandbox(agent, pod.podId);
    throw error;
  }
}

interface NetworkedPod extends JoinedPod {
  /** Undefined if its containers do not share one. */
  readonly network: JoinedNamespace | undefined;
}

/** A new pod in the named networks; otherwise the existing pod unchanged. */
async function joinAsWanted(
  agent: Agent,
  { flags, podText, container: { containerId } }: WantedContainer,
  { signal, networks: settings }: Extras,
): Promise<NetworkedPod> {
  const wanted = readNetworks(flags);
  if (wanted.kind !== "join") {
    const pod = await joinPod(agent, podText, { signal });
    const hasOwn = isSandbox(agent, parseContainerId(pod.podId));
    if (wanted.kind !== "any" || !hasOwn) return { ...pod, network: undefined };
    const { networkOfPod } = await import("./pod_network.ts");
    const path = networkOfPod(agent, pod);
    return { ...pod, network: path === undefined ? undefined : { path } };
  }
  if (settings === undefined) {
    throw refuse(flags, "only orlop run and pod create join networks");
  }
  const podName = newPodName(podText);
  if (podName === undefined) {
    const why = "is there already, and its containers share what it has";
    throw refuse(flags, `pod "${podText}" ${why}`);
  }
  const { runNetworkPod } = await import("./join_networks.ts");
  const { id, namespaces } = await runNetworkPod(agent, {
    ...{ podName, wanted, settings, signal },
    hostname: flags.hostname || containerId.slice(0, SHORT_ID_LENGTH),
  });
  const { network: path } = namespaces;
  return {
    ...{ podId: id, podName, isNew: true },
    network: path === undefined ? undefined : { path },
  };
}

function refuse({ network, publish }: ContainerFlags, why: string): UsageError {
  const name = network.length > 0 ? "network" : "publish";
  const [value = ""] = [...network, ...publish];
  return badFlag(name, value, why);
}

// As a host name: that of podman, too.
const SHORT_ID_LENGTH = 12;

// One in 16 million of the same name: enough for one machine.
const SUFFIX_LENGTH = 6;

/** A unique name from the image's name: `busybox-f3a9c1`. */
function inventName(imageName: string): string {
  const last = imageName.replace(/@.*$/, "").split("/").at(-1) ?? "";
  const stem = last.replace(/:.*$/, "").replace(/[^A-Za-z0-9_.-]/g, "");
  const isId = /^[0-9a-f]{12,}$/.test(stem);
  return `${isId || stem === "" ? "container" : stem}-${
    randomId().slice(0, SUFFIX_LENGTH)
  }`;
}
