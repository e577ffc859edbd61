/**
 * orlop as a library: images, containers and pods in a store of the
 * containers/storage format, which other tools may use at the same time.
 *
 * @example
 * ```ts
 * import { ImageServer, openAgent, RuntimeServer } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * const images = new ImageServer(agent);
 * const runtime = new RuntimeServer(images);
 * const listed = await images.listImages();
 * ```
 *
 * @module
 */

export type { Abortable } from "./abort.ts";
export * from "./errors.ts";
export type {
  BlobAccess,
  BlobSource,
  HttpBlobAccess,
  ImageSource,
  LayoutBlobAccess,
  MemoryBlobAccess,
  OpenBlobOptions,
  RawManifest,
} from "./formats/blob_source.ts";
export type { Bytes } from "./formats/bytes.ts";
export type { ContainerMetadata } from "./formats/container_metadata.ts";
export type { Descriptor, Platform } from "./formats/descriptor.ts";
export { type Digest, digestOf, parseDigest } from "./formats/digest.ts";
export type {
  HistoryEntry,
  ImageConfig,
  RunDefaults,
} from "./formats/image_config.ts";
export { nameOf, parseReference, type Reference } from "./formats/reference.ts";
export type { RuntimeSpec } from "./formats/runtime_spec.ts";
export { type Libc, takeLibc } from "./process/libc.ts";
export {
  type Agent,
  type AgentOptions,
  type Log,
  type LogLevel,
  openAgent,
} from "./runtime/agent.ts";
export type { MetadataChange } from "./runtime/container_metadata.ts";
export type {
  ContainerInfo,
  CreateContainerOptions,
  CreatePodSandboxOptions,
} from "./runtime/create_container.ts";
export type { RemovePodSandboxOptions } from "./runtime/delete_container.ts";
export { ImageServer } from "./runtime/image_server.ts";
export type { ImageDetails, ImageSummary } from "./runtime/list_images.ts";
export {
  type ContainerOwner,
  type ContainerSummary,
  listContainers,
  listPods,
  type PodSummary,
} from "./runtime/list_containers.ts";
export type { OnPullEvent, PullEvent } from "./runtime/pull_event.ts";
export type { PullOptions } from "./runtime/pull_image.ts";
export type {
  RemovedImage,
  RemoveImageOptions,
} from "./runtime/remove_image.ts";
export { RuntimeServer } from "./runtime/runtime_server.ts";
export type { StopContainerOptions } from "./runtime/start_container.ts";
export type { StoredImage } from "./runtime/store_image.ts";
