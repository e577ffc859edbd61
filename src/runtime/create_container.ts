/** Creates containers, and the infra containers that pods are made of. */

import { join } from "@std/path";
import type { Abortable } from "../abort.ts";
import {
  DuplicateNameError,
  InvalidSandboxIdError,
  NotFoundError,
} from "../errors.ts";
import {
  type ContainerMetadata,
  formatContainerMetadata,
} from "../formats/container_metadata.ts";
import type { ImageConfig } from "../formats/image_config.ts";
import { nameOf } from "../formats/reference.ts";
import {
  formatRuntimeSpec,
  type RuntimeSpec,
} from "../formats/runtime_spec.ts";
import type { ContainerRecord, ImageRecord } from "../formats/store_record.ts";
import { randomId } from "../fs/random_name.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import {
  ensureRunDirectory,
  ensureWorkDirectory,
  putContainer,
} from "../store/container_store.ts";
import type { HeldLocks } from "../store/tables.ts";
import type { Agent } from "./agent.ts";
import { checkRequest, type ContainerIdentity } from "./check_request.ts";
import { deleteContainer } from "./delete_container.ts";
import { findWantedImage, tryParse } from "./find_image.ts";
import { listMembers } from "./list_containers.ts";
import { readConfig } from "./list_images.ts";
import { makeTemplate, type TemplateOptions } from "./make_template.ts";
import { ensurePauseImage, isPauseImage } from "./pause.ts";
import type { PullOptions } from "./pull_image.ts";

/** What a new container shall be. */
export interface CreateContainerOptions extends ContainerIdentity, Abortable {
  /** How an orchestrator calls it; left out, the container's name. */
  readonly metadataName?: string | undefined;
  readonly attempt?: number | undefined;
  /** The SELinux label to mount with. */
  readonly mountLabel?: string | undefined;
  /** `"unchecked"` also joins a pod that is not in the store. */
  readonly pod?: "checked" | "unchecked" | undefined;
  /** The runtime configuration; left out, one is made from the image's. */
  readonly template?: RuntimeSpec | undefined;
  /** What the configuration made from the image's shall differ in. */
  readonly settings?: TemplateOptions | undefined;
}

/** What a new pod shall be. */
export interface CreatePodSandboxOptions
  extends Omit<CreateContainerOptions, "containerId" | "mountLabel" | "pod"> {
  readonly uid?: string | undefined;
  readonly namespace?: string | undefined;
  /** How to pull the pause image, if it is the one that is missing. */
  readonly pull?: PullOptions | undefined;
}

/** A container that was created. */
export interface ContainerInfo {
  readonly id: string;
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
 * @throws As `createContainer()` does.
 */
export async function createPodSandbox(
  agent: Agent,
  options: CreatePodSandboxOptions,
): Promise<ContainerInfo> {
  checkRequest(options);
  if (isPauseImage(agent, options)) await ensurePauseImage(agent, options);
  const info = await create(agent, {
    ...options,
    containerId: options.podId,
    pod: "unchecked",
  });
  agent.log("debug", `created pod sandbox "${info.id}"`);
  return info;
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
 */
export async function createContainer(
  agent: Agent,
  options: CreateContainerOptions,
): Promise<ContainerInfo> {
  checkRequest(options);
  const info = await create(agent, options);
  agent.log("debug", `created container "${info.id}"`);
  return info;
}

async function create(
  agent: Agent,
  options: CreateContainerOptions & CreatePodSandboxOptions,
): Promise<ContainerInfo> {
  const { record, config } = await putRecord(agent, options);
  try {
    const { paths } = agent.store;
    const dir = ensureWorkDirectory(paths, record.id);
    const runDir = ensureRunDirectory(paths, record.id);
    const template = options.template ??
      await makeTemplate(agent, { record, config }, {
        ...options.settings,
        signal: options.signal,
      });
    writeAtomically(join(dir, "config.json"), formatRuntimeSpec(template));
    return { id: record.id, dir, runDir, config };
  } catch (error) {
    agent.log("info", `removing container "${record.id}", created in part`);
    await undo(agent, record.id, error);
    throw error;
  }
}

const CREATE_LOCKS = {
  layers: "write",
  images: "write",
  containers: "write",
} as const;

/** The record appears in one step, with all that was checked still true. */
async function putRecord(
  agent: Agent,
  options: CreateContainerOptions & CreatePodSandboxOptions,
): Promise<
  { readonly record: ContainerRecord; readonly config: ImageConfig | undefined }
> {
  const { store } = agent;
  const id = options.containerId || randomId();
  await using trash = store.openStaging();
  using held = await store.lock(CREATE_LOCKS, options);
  const image = findWantedImage(held.images, options);
  const config = readConfig(agent, image);
  checkPod(held, options, id);
  const metadata = makeMetadata(options, image, id);
  const { containerName, podName } = options;
  const names = metadata.pod
    ? [...new Set([containerName, podName])]
    : [containerName];
  const record = putContainer(store, held, {
    id,
    names,
    image,
    metadata: formatContainerMetadata(metadata),
    trash,
  });
  return { record, config };
}

/** A pod has one name, and is there before its members. */
function checkPod(
  { containers }: HeldLocks<typeof CREATE_LOCKS>,
  { podId, podName, pod = "checked" }: CreateContainerOptions,
  containerId: string,
): void {
  const members = listMembers(containers, podId);
  const other = members.find((member) => member.podName !== podName);
  if (other !== undefined) {
    throw new DuplicateNameError(
      `Cannot create container in pod "${podName}": pod ID "${podId}" ` +
        `belongs to pod "${other.podName}"`,
    );
  }
  if (pod === "unchecked" || containerId === podId) return;
  if (members.some((member) => member.pod)) return;
  throw new InvalidSandboxIdError(
    `Cannot create container in pod "${podName}": there is no pod with ID ` +
      `"${podId}"; create it first`,
  );
}

function makeMetadata(
  options: CreateContainerOptions & CreatePodSandboxOptions,
  image: ImageRecord,
  id: string,
): ContainerMetadata {
  const { imageName = "", containerName, podId, podName } = options;
  const reference = imageName === "" ? undefined : tryParse(imageName);
  return {
    pod: id === podId,
    podName,
    podId,
    imageName: imageName || image.names?.[0] || "",
    imageId: image.id,
    name: containerName,
    metadataName: options.metadataName || containerName,
    uid: options.uid ?? "",
    namespace: options.namespace ?? "",
    attempt: options.attempt ?? 0,
    createdAt: Math.floor(Date.now() / 1000),
    mountLabel: options.mountLabel ?? "",
    canonicalImageName: reference ? nameOf(reference) : image.names?.[0] ?? "",
  };
}

/** The first error is the one that counts; a second one is told. */
async function undo(agent: Agent, id: string, first: unknown): Promise<void> {
  try {
    await deleteContainer(agent, id);
  } catch (error) {
    if (error instanceof NotFoundError) return;
    const text = `${describe(error)} (after: ${describe(first)})`;
    agent.log("warn", `Cannot remove container "${id}": ${text}`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
