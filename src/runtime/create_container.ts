/** Creates containers, and the infra containers that pods are made of. */

import type { Abortable } from "../abort.ts";
import { DuplicateNameError, InvalidSandboxIdError } from "../errors.ts";
import {
  type ContainerMetadata,
  formatContainerMetadata,
} from "../formats/container_metadata.ts";
import type { ImageConfig } from "../formats/image_config.ts";
import {
  formatRuntimeSpec,
  parseRuntimeSpec,
  type RuntimeSpec,
} from "../formats/runtime_spec.ts";
import { type ContainerId, parseContainerId } from "../formats/store_ids.ts";
import type { ImageRecord } from "../formats/store_record.ts";
import { randomId } from "../fs/random_name.ts";
import { demandUsable } from "../store/layer_files.ts";
import { checkIsFree } from "../store/container_store.ts";
import type { HeldLocks, Tables } from "../store/tables.ts";
import type { Agent } from "./agent.ts";
import { checkRequest, type ContainerIdentity } from "./check_request.ts";
import { findWantedImage, type FoundImage } from "./find_image.ts";
import { listMembers } from "./list_containers.ts";
import { readConfig } from "./list_images.ts";
import { makeTemplate, type TemplateOptions } from "./make_template.ts";
import { ensurePauseImage, isPauseImage } from "./pause.ts";
import type { PullOptions } from "./pull_image.ts";
import { putContainer } from "./put_container.ts";
import { loadShortNames } from "./short_names.ts";

/** What a new container shall be. */
export interface CreateContainerOptions extends ContainerIdentity, Abortable {
  /** How an orchestrator calls it; left out, the container's name. */
  readonly metadataName?: string | undefined;
  /** How often it was created anew; 0 is the default. */
  readonly attempt?: number | undefined;
  /** The SELinux label to mount with. */
  readonly mountLabel?: string | undefined;
  /** `"unchecked"` also joins a pod that is not in the store. */
  readonly pod?: "checked" | "unchecked" | undefined;
  /**
   * The runtime configuration that each start begins with; left out, one is
   * made from the image's. The path of its root is put in at each start.
   */
  readonly template?: RuntimeSpec | undefined;
  /** What the one made from the image's shall differ in. */
  readonly settings?: TemplateOptions | undefined;
}

/** What a new pod shall be. */
export interface CreatePodSandboxOptions
  extends Omit<CreateContainerOptions, "containerId" | "mountLabel" | "pod"> {
  /** How an orchestrator tells this pod from others of its name. */
  readonly uid?: string | undefined;
  /** The orchestrator's. */
  readonly namespace?: string | undefined;
  /** How to pull the pause image, if it is the one that is missing. */
  readonly pull?: PullOptions | undefined;
}

/** A container that was created. */
export interface ContainerInfo {
  /** As given, or invented. */
  readonly id: ContainerId;
  /** Survives reboots. */
  readonly dir: string;
  /** May be emptied by a reboot. */
  readonly runDir: string;
  /** Of the image; undefined if it has none. */
  readonly config: ImageConfig | undefined;
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
  return await create(agent, {
    ...options,
    containerId: options.podId,
    pod: "unchecked",
  }, "pod sandbox");
}

/**
 * Creates a container in a pod: a record with metadata, a writable layer on
 * its image, and two directories. Nothing runs, and nothing is mounted.
 *
 * @throws {InvalidPodNameError} And the like, for what is malformed.
 * @throws {ImageNotFoundError} If the image is not in the store.
 * @throws {InvalidSandboxIdError} If there is no such pod.
 * @throws {DuplicateIdError} If the ID is in use.
 * @throws {DuplicateNameError} If the name is in use.
 * @throws {SyntaxError} If the template is malformed.
 * @throws {TypeError} If a setting is malformed, or the user unknown.
 */
export async function createContainer(
  agent: Agent,
  options: CreateContainerOptions,
): Promise<ContainerInfo> {
  checkRequest(options);
  return await create(agent, options, "container");
}

const CREATE_LOCKS = {
  storage: "write",
  layers: "write",
  images: "write",
  containers: "write",
} as const;

type CreateLocks = HeldLocks<typeof CREATE_LOCKS>;
type Options = CreateContainerOptions & CreatePodSandboxOptions;

/**
 * Checks that a container can be made of an image, before a pod is made for it.
 *
 * @throws {ImageNotFoundError} If there is no such image.
 * @throws {DamagedFileError} If something of it is missing or damaged.
 */
export async function checkImage(
  agent: Agent,
  imageName: string,
  options: Abortable = {},
): Promise<void> {
  const { store } = agent;
  const conf = await loadShortNames(agent, [imageName], options);
  const locks = { layers: "write", images: "read" } as const; // to repair links
  using held = await store.lock(locks, options);
  const { image } = findWantedImage(held.images, { imageName }, conf);
  readConfig(agent, image);
  demandWhole(agent, held, image);
}

function demandWhole(
  { store: { paths } }: Agent,
  { layers }: Pick<Tables, "layers">,
  { layer }: ImageRecord,
): void {
  if (layer !== undefined) demandUsable(paths, layers, layer);
}

/** All that can fail or be aborted comes first; then the container is put. */
async function create(
  agent: Agent,
  options: Options,
  kind: "container" | "pod sandbox",
): Promise<ContainerInfo> {
  const { store } = agent;
  const id = parseContainerId(options.containerId || randomId());
  const own = options.template && checkTemplate(options.template, id);
  const conf = await loadShortNames(agent, [options.imageName], options);
  await using trash = store.openStaging();
  using held = await store.lock(CREATE_LOCKS, options);
  const found = findWantedImage(held.images, options, conf);
  const { image } = found;
  const config = readConfig(agent, image);
  checkPod(held, options);
  const metadata = makeMetadata(options, found, id);
  const names = metadata.pod
    ? [options.containerName, options.podName]
    : [options.containerName];
  checkIsFree(held, { id, names });
  demandWhole(agent, held, image);
  const template = own ?? await makeTemplate(agent, held, {
    ...options,
    containerId: id,
    image,
    config,
  });
  options.signal?.throwIfAborted();
  const dirs = putContainer(agent, held, {
    container: {
      id,
      names,
      image,
      metadata: formatContainerMetadata(metadata),
    },
    template: formatRuntimeSpec(template),
    kind,
    trash,
  });
  return { id, ...dirs, config };
}

/** @throws {SyntaxError} If no runtime could take it. */
function checkTemplate(
  template: RuntimeSpec,
  id: ContainerId,
): RuntimeSpec {
  return parseRuntimeSpec(
    formatRuntimeSpec(template),
    `template of container "${id}"`,
  );
}

/** A pod has one name, and is there before its members. */
function checkPod(
  { containers }: CreateLocks,
  { podId, podName, pod = "checked" }: CreateContainerOptions,
): void {
  const members = listMembers(containers, podId);
  const other = members.find((member) => member.podName !== podName);
  if (other !== undefined) {
    throw new DuplicateNameError(
      `Cannot create container in pod "${podName}": pod ID "${podId}" ` +
        `belongs to pod "${other.podName}"`,
    );
  }
  if (pod === "unchecked" || members.some((member) => member.pod)) return;
  throw new InvalidSandboxIdError(
    `Cannot create container in pod "${podName}": invalid sandbox ID: there ` +
      `is no pod with ID "${podId}"; create it first`,
  );
}

function makeMetadata(
  options: Options,
  { image, name }: FoundImage,
  id: ContainerId,
): ContainerMetadata {
  const { containerName, podId, podName } = options;
  const firstName = image.names?.[0] ?? "";
  return {
    pod: id === podId,
    podName,
    podId,
    imageName: options.imageName || firstName,
    imageId: image.id,
    name: containerName,
    metadataName: options.metadataName || containerName,
    uid: options.uid ?? "",
    namespace: options.namespace ?? "",
    attempt: options.attempt ?? 0,
    createdAt: Math.floor(Date.now() / 1000),
    mountLabel: options.mountLabel ?? "",
    canonicalImageName: name ?? firstName,
  };
}
