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
export * from "./image_errors.ts";
export type { Credentials } from "./formats/auth_file.ts";
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
export type { MountEntry } from "./formats/mount_table.ts";
export {
  type ImageName,
  nameOf,
  parseReference,
  type Reference,
} from "./formats/reference.ts";
export type {
  RuntimeLinux,
  RuntimeMount,
  RuntimeNamespace,
  RuntimeProcess,
  RuntimeRlimit,
  RuntimeRoot,
  RuntimeSeccomp,
  RuntimeSpec,
  RuntimeUser,
} from "./formats/runtime_spec.ts";
export type {
  SeccompArchitecture,
  SeccompArgument,
  SeccompCondition,
  SeccompProfile,
  SeccompRule,
} from "./formats/seccomp_profile.ts";
export type { ContainerId, ImageId, LayerId } from "./formats/store_ids.ts";
export type {
  BigDataMembers,
  ContainerRecord,
  ImageRecord,
  LayerRecord,
  MountRecord,
  StoreRecord,
} from "./formats/store_record.ts";
export type { CapabilityChange } from "./image/capabilities.ts";
export type {
  MountOptions,
  TmpfsVolume,
  Volume,
} from "./image/container_mounts.ts";
export type { ContainerFile } from "./image/container_files.ts";
export type { RuntimeSpecOptions } from "./image/default_spec.ts";
export type { RuntimeDevice } from "./image/devices.ts";
export type { OwnLimits, ResourceLimits, Ulimit } from "./image/limits.ts";
export type { ContainerNamespaces } from "./image/namespaces.ts";
export type { SecurityOptions } from "./image/security.ts";
export type { ResolvedUser } from "./image/user_lookup.ts";
export type { Mounter, UnmountOptions } from "./mount/mounter.ts";
export type { MountPlan } from "./mount/plan_overlay.ts";
export type { Host } from "./process/host.ts";
export {
  type FileStatus,
  type Libc,
  type LockKind,
  type ResourceLimit,
  takeLibc,
} from "./process/libc.ts";
export type { Surroundings } from "./registry/config_paths.ts";
export type { LoadRegistriesConfOptions } from "./registry/load_registries_conf.ts";
export type { RegistryOptions } from "./registry/open_repository.ts";
export type { RetryRules } from "./registry/send_request.ts";
export {
  type Agent,
  type AgentOptions,
  type Log,
  type LogLevel,
  openAgent,
} from "./runtime/agent.ts";
export type { ContainerIdentity } from "./runtime/check_request.ts";
export type { ContainerOwner } from "./runtime/container_owner.ts";
export type { MetadataChange } from "./runtime/container_metadata.ts";
export type {
  ContainerInfo,
  CreateContainerOptions,
  CreatePodSandboxOptions,
} from "./runtime/create_container.ts";
export type {
  ContainerState,
  ContainerStatus,
} from "./runtime/container_status.ts";
export type {
  DeleteContainerOptions,
  RemovePodSandboxOptions,
} from "./runtime/delete_container.ts";
export type { EndOptions } from "./runtime/end_process.ts";
export type { WantedImage } from "./runtime/find_image.ts";
export type { DeviceRequest } from "./runtime/host_resources.ts";
export { ImageServer } from "./runtime/image_server.ts";
export {
  type ContainerDetails,
  inspectContainer,
  type SpecDifference,
} from "./runtime/inspect_container.ts";
export type { ImageDetails, ImageSummary } from "./runtime/list_images.ts";
export {
  type ContainerSummary,
  listContainers,
  listPods,
  type PodSummary,
} from "./runtime/list_containers.ts";
export type { TemplateOptions } from "./runtime/make_template.ts";
export type { UnmountMode } from "./runtime/mount_layer.ts";
export type {
  LayerState,
  OnPullEvent,
  PullEvent,
} from "./runtime/pull_event.ts";
export type { PullOptions } from "./runtime/pull_image.ts";
export type {
  RemovedImage,
  RemoveImageOptions,
} from "./runtime/remove_image.ts";
export { RuntimeServer } from "./runtime/runtime_server.ts";
export type { StopContainerOptions } from "./runtime/start_container.ts";
export {
  type StoredImage,
  storeImage,
  type StoreImageOptions,
} from "./runtime/store_image.ts";
export type { HeldLock } from "./store/lock.ts";
export type { StoreLocation, StorePaths } from "./store/paths.ts";
export type { Origin } from "./store/record_files.ts";
export type { RecordTable } from "./store/record_table.ts";
export type { Staging } from "./store/staging.ts";
export type { HeldStore, LockStoreOptions, Store } from "./store/store.ts";
export type {
  HeldLocks,
  Holdable,
  Tables,
  WantedLocks,
} from "./store/tables.ts";
export type { UnpackLimits } from "./store/unpack_layer.ts";
