/** Creates containers. */

import type { Abortable } from "../../errors/abort.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import type { ImageConfig } from "../../formats/oci/image_config.ts";
import type { RuntimeSpec } from "../../formats/oci/runtime_spec.ts";
import { formatContainerMetadata } from "../../formats/storage/container_metadata.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../formats/storage/store_ids.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import { randomId } from "../../fs/random_name.ts";
import {
  addContainer,
  checkIsFree,
  checkNamesAreFree,
} from "../../store/put_container.ts";
import { requireUsable } from "../../store/layers/require_usable.ts";
import { openTrash } from "../../store/layers/trash.ts";
import {
  type ReadTables,
  WRITE_LOCKS,
  type WriteLocks,
} from "../../store/records/tables.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { groupByStore, type GroupedCall } from "../call_group.ts";
import { findWantedImage } from "../images/find_image.ts";
import { readConfig } from "../images/list_images.ts";
import { loadShortNames } from "../images/short_names.ts";
import { checkContainerName, checkRequest } from "./check_request.ts";
import { makeTemplate } from "../templates/make_template.ts";
import {
  checkFiles,
  checkPod,
  checkTemplate,
  type ContainerInfo,
  type CreateContainerOptions,
  formatTemplate,
  makeMetadata,
  type NewContainer,
} from "./new_container.ts";
import { putContainers, type PutRequest } from "./put_container.ts";

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
  return await putNew(agent, { options, kind: "container" });
}

// Layers for writing: links may have to be repaired.
const CHECK_LOCKS = {
  layers: "write",
  images: "read",
  containers: "read",
} as const;

/**
 * Checks that a container can be made of an image, before a pod is made for it.
 *
 * @throws {InvalidContainerNameError} If its name is malformed.
 * @throws {DuplicateNameError} If its name is in use.
 * @throws {ImageNotFoundError} If there is no such image.
 * @throws {DamagedFileError} If a part of it is missing or damaged.
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
  await requireWhole(agent, held, image);
}

async function requireWhole(
  { store }: Agent,
  { layers }: Pick<ReadTables, "layers">,
  { layer }: ImageRecord,
): Promise<void> {
  if (layer !== undefined) await requireUsable(store.layers, layers, layer);
}

interface CreateRequest {
  readonly agent: Agent;
  readonly options: NewContainer;
  readonly kind: PutRequest["kind"];
  readonly id: ContainerId;
  readonly template: RuntimeSpec | undefined;
  readonly conf: RegistriesConf;
}

type CreateCall = GroupedCall<CreateRequest, ContainerInfo>;

const createInGroup = groupByStore<CreateRequest, ContainerInfo>(createAll);

/** A container to create, and its name in messages. */
export interface PutCall extends Pick<PutRequest, "kind"> {
  /** The checked request. */
  readonly options: NewContainer;
}

/**
 * Creates a container, or the infra container of a pod. All that can fail or be
 * aborted comes first; then it is added to the store, together with all others of
 * the group.
 *
 * @throws As `createContainer()` does.
 */
export async function putNew(
  agent: Agent,
  call: PutCall,
): Promise<ContainerInfo> {
  const request = await makeCreateRequest(agent, call);
  return await createInGroup(request, call.options);
}

/**
 * Creates a pod's infra container, and a container in it, as `putNew()` does each
 * of them, but locks and writes the store only once.
 *
 * @returns The result of each.
 */
export async function putBoth(
  agent: Agent,
  calls: readonly [pod: PutCall, container: PutCall],
): Promise<
  readonly [PromiseSettledResult<unknown>, PromiseSettledResult<ContainerInfo>]
> {
  const [pod, container] = calls;
  const requests = [
    await makeCreateRequest(agent, pod),
    await makeCreateRequest(agent, container),
  ] as const;
  // In this order in one group: so the container finds its pod.
  return await Promise.allSettled([
    createInGroup(requests[0], pod.options),
    createInGroup(requests[1], container.options),
  ]);
}

async function makeCreateRequest(
  agent: Agent,
  { options, kind }: PutCall,
): Promise<CreateRequest> {
  const id = parseContainerId(options.containerId || randomId());
  const template = options.template && checkTemplate(options.template, id);
  checkFiles(options.files);
  const conf = await loadShortNames(agent, [options.imageName], options);
  return { agent, options, kind, id, template, conf };
}

async function createAll(
  store: Store,
  take: () => readonly CreateCall[],
  options: Abortable,
): Promise<void> {
  await using trash = openTrash(store, { reserve: "keep" });
  using held = await store.lock(WRITE_LOCKS, options);
  const ready: ReadyCall[] = [];
  for (const call of take()) {
    await attempt(call, async () => {
      ready.push(await prepare(call, held));
    });
  }
  try {
    await put(ready);
  } catch (error) {
    // One failure must not fail the others: retry each alone.
    if (ready.length === 1) throw error;
    for (const { call } of ready) {
      await attempt(call, async () => put([await prepare(call, held)]));
    }
  }

  async function put(ready: readonly ReadyCall[]): Promise<void> {
    if (ready.length === 0) return;
    const requests = ready.map(({ request }) => request);
    const places = await putContainers({ store }, held, { requests, trash });
    ready.forEach(({ call, config }, index) => {
      const { dir = "", runDir = "" } = places[index] ?? {};
      call.resolve({ id: call.request.id, dir, runDir, config });
    });
  }
}

interface ReadyCall {
  readonly call: CreateCall;
  readonly request: PutRequest;
  readonly config: ImageConfig | undefined;
}

async function attempt(
  { reject }: CreateCall,
  action: () => Promise<void>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    reject(error);
  }
}

/** Checks the request, and adds it to the records. */
async function prepare(
  call: CreateCall,
  held: WriteLocks,
): Promise<ReadyCall> {
  const { agent, options, kind, id, conf, template: own } = call.request;
  options.signal?.throwIfAborted();
  const found = findWantedImage(held.images, options, conf);
  const { image } = found;
  const config = readConfig(agent, image);
  checkPod(held, options);
  const metadata = makeMetadata(options, found, id);
  const names = metadata.pod
    ? [options.containerName, options.podName]
    : [options.containerName];
  // The name that the user gave is last among its names, but is checked first.
  checkIsFree(held, { id, names: names.toReversed() });
  await requireWhole(agent, held, image);
  const template = own ?? await makeTemplate(agent, held, {
    ...options,
    containerId: id,
    image,
    config,
  });
  const text = formatTemplate(template, id);
  options.signal?.throwIfAborted();
  const record = addContainer(held, {
    id,
    names,
    image,
    metadata: formatContainerMetadata(metadata),
    users: options.users,
  });
  const { files } = options;
  const request = { agent, record, template: text, files, kind };
  return { call, request, config };
}
