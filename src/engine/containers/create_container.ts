/** Creates containers. */

import type { Abortable } from "../../errors/abort.ts";
import { DuplicateNameError } from "../../errors/naming_errors.ts";
import { InvalidSandboxIdError } from "../../errors/not_found_errors.ts";
import type { ImageConfig } from "../../formats/oci/image_config.ts";
import {
  formatRuntimeSpec,
  MAX_SPEC_SIZE,
  parseRuntimeSpec,
  type RuntimeSpec,
} from "../../formats/oci/runtime_spec.ts";
import {
  type ContainerMetadata,
  formatContainerMetadata,
} from "../../formats/storage/container_metadata.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../formats/storage/store_ids.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import { randomId } from "../../fs/random_name.ts";
import { checkIsFree, checkNamesAreFree } from "../../store/container_store.ts";
import { demandUsable } from "../../store/layers/layer_files.ts";
import { openTrash } from "../../store/layers/trash.ts";
import {
  type Tables,
  WRITE_LOCKS,
  type WriteLocks,
} from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { findWantedImage, type FoundImage } from "../images/find_image.ts";
import { readConfig } from "../images/list_images.ts";
import { loadShortNames } from "../images/short_names.ts";
import {
  checkContainerName,
  checkRequest,
  type ContainerIdentity,
} from "./check_request.ts";
import { listMembers } from "./list_containers.ts";
import { makeTemplate, type TemplateOptions } from "./make_template.ts";
import { putContainer } from "./put_container.ts";

/** What a new container is to be. */
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
  /** In what it is to differ from the image's. */
  readonly settings?: TemplateOptions | undefined;
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
  return await putNew(agent, options, "container");
}

// Layers for writing: links may have to be repaired.
const CHECK_LOCKS = {
  layers: "write",
  images: "read",
  containers: "read",
} as const;

/** What a container may be, and a pod's infra container as well. */
export interface NewContainer extends CreateContainerOptions {
  /** How an orchestrator tells a pod from others of its name. */
  readonly uid?: string | undefined;
  /** The orchestrator's. */
  readonly namespace?: string | undefined;
}

/**
 * Checks that a container can be made of an image, before a pod is made for it.
 *
 * @throws {InvalidContainerNameError} If its name is malformed.
 * @throws {DuplicateNameError} If its name is in use.
 * @throws {ImageNotFoundError} If there is no such image.
 * @throws {DamagedFileError} If something of it is missing or damaged.
 */
export async function checkPossible(
  agent: Agent,
  { imageName, containerName }: Pick<
    CreateContainerOptions,
    "imageName" | "containerName"
  >,
  options: Abortable = {},
): Promise<void> {
  const { store } = agent;
  checkContainerName(containerName);
  const conf = await loadShortNames(agent, [imageName], options);
  using held = await store.lock(CHECK_LOCKS, options);
  checkNamesAreFree(held, [containerName]);
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

/**
 * Creates a container, or the infra container of a pod. All that can fail or be
 * aborted comes first; then it is put.
 *
 * @param options Whose request was checked.
 * @throws As `createContainer()` does.
 */
export async function putNew(
  agent: Agent,
  options: NewContainer,
  kind: "container" | "pod sandbox",
): Promise<ContainerInfo> {
  const { store } = agent;
  const id = parseContainerId(options.containerId || randomId());
  const own = options.template && checkTemplate(options.template, id);
  const conf = await loadShortNames(agent, [options.imageName], options);
  await using trash = openTrash(store, { reserve: "keep" });
  using held = await store.lock(WRITE_LOCKS, options);
  const found = findWantedImage(held.images, options, conf);
  const { image } = found;
  const config = readConfig(agent, image);
  checkPod(held, options);
  const metadata = makeMetadata(options, found, id);
  const names = metadata.pod
    ? [options.containerName, options.podName]
    : [options.containerName];
  // What a person named comes last among its names, and first here.
  checkIsFree(held, { id, names: names.toReversed() });
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
    template: formatTemplate(template, id),
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

/** @throws {TypeError} If no start could read it again. */
function formatTemplate(template: RuntimeSpec, id: ContainerId): string {
  const text = formatRuntimeSpec(template);
  if (text.length <= MAX_SPEC_SIZE) return text;
  throw new TypeError(
    `Cannot create container "${id}": its command, variables and mounts take ` +
      `${text.length} bytes, at most ${MAX_SPEC_SIZE} can be written down`,
  );
}

/** A pod has one name, and is there before its members. */
function checkPod(
  { containers }: WriteLocks,
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
  options: NewContainer,
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
