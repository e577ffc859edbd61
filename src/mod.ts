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

export type { Abortable } from "./errors/abort.ts";
export { categoryOf, type ErrorCategory } from "./errors/category.ts";
export * from "./errors/naming_errors.ts";
export * from "./errors/not_found_errors.ts";
export * from "./errors/store_errors.ts";
export * from "./errors/network_errors.ts";
export * from "./errors/process_errors.ts";
export * from "./errors/image_errors.ts";
export type { Credentials } from "./formats/config/auth_file.ts";
export type {
  BlobFile,
  BlobFiles,
  BlobRange,
  BlobSource,
  ImageBlobs,
  ImageSource,
  OpenBlobOptions,
  RawManifest,
} from "./formats/oci/blob_source.ts";
export type { ImageManifest } from "./formats/oci/manifest.ts";
export type {
  ImageMedium,
  OutgoingBlob,
  PutManifestOptions,
  WrittenBlob,
} from "./formats/oci/image_medium.ts";
export type { ImageSink, ResolvedImage } from "./formats/oci/image_sink.ts";
export type { Bytes } from "./formats/bytes.ts";
export type { ContainerMetadata } from "./formats/storage/container_metadata.ts";
export type { Descriptor, Platform } from "./formats/oci/descriptor.ts";
export { type Digest, parseDigest } from "./formats/oci/digest.ts";
export { digestOf } from "./formats/oci/digest_of.ts";
export type {
  HistoryEntry,
  ImageConfig,
  RunDefaults,
} from "./formats/oci/image_config.ts";
export type { MountEntry } from "./formats/storage/mount_table.ts";
export {
  type ImageName,
  nameOf,
  parseReference,
  type Reference,
} from "./formats/oci/reference.ts";
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
} from "./formats/oci/runtime_spec.ts";
export type {
  SeccompArchitecture,
  SeccompArgument,
  SeccompCondition,
  SeccompProfile,
  SeccompRule,
} from "./formats/oci/seccomp_profile.ts";
export type {
  ContainerId,
  ImageId,
  LayerId,
} from "./formats/storage/store_ids.ts";
export type {
  BigDataMembers,
  ContainerRecord,
  ImageRecord,
  LayerRecord,
  MountRecord,
  StoreRecord,
} from "./formats/storage/store_record.ts";
export type { IdRange, UserMap } from "./formats/storage/user_map.ts";
export type { CapabilityChange } from "./image/capabilities.ts";
export type { MountOptions } from "./image/container_mounts.ts";
export type { TmpfsVolume, Volume } from "./image/volumes.ts";
export type { ContainerFile } from "./image/container_files.ts";
export type { RuntimeSpecOptions } from "./image/default_spec.ts";
export type { RuntimeDevice } from "./image/devices.ts";
export type {
  HugepageLimit,
  OwnLimits,
  ResourceLimits,
  Ulimit,
} from "./image/limits.ts";
export type {
  ContainerNamespaces,
  JoinedNamespace,
} from "./image/namespaces.ts";
export type { UserLookupOptions } from "./image/user_lookup.ts";
export type { SecurityOptions } from "./image/security.ts";
export type { ResolvedUser } from "./image/user_lookup.ts";
export type { Mounter, UnmountOptions } from "./mount/mounter.ts";
export type { MountPlan } from "./mount/plan_overlay.ts";
export type { Host } from "./process/host.ts";
export type { Libc, ResourceLimit } from "./process/libc.ts";
export { takeLibc } from "./process/bind_libc.ts";
export { takeLibcWithSockets } from "./process/libc_with_sockets.ts";
export type {
  SpawnedProgram,
  SpawnedStream,
  SpawnOptions,
} from "./process/libc_spawn.ts";
export type { LibcSockets, Peer } from "./process/libc_sockets.ts";
export type {
  Connections,
  NamespacePort,
} from "./process/sockets/socket_connections.ts";
export type {
  ByteChannel,
  ProcessStreams,
  TerminalSize,
} from "./process/process_streams.ts";
export type { LibcTerminals } from "./process/libc_terminals.ts";
export type {
  LockDescriptor,
  LockKind,
  LockUse,
  ReadDescriptor,
} from "./process/libc_files.ts";
export type { FileStatus, Space } from "./process/libc_status.ts";
export type { ProcessFile } from "./process/libc_proc.ts";
export type {
  Mirror,
  RegistryEntry,
} from "./formats/config/registry_entries.ts";
export type {
  RegistriesConf,
  ShortNameMode,
} from "./formats/config/registries_conf.ts";
export type { Alias } from "./formats/config/short_name_aliases.ts";
export type { ConfigEnvironment } from "./registry/config/config_paths.ts";
export type { LoadRegistriesConfOptions } from "./registry/config/load_registries_conf.ts";
export type { ListTagsOptions } from "./registry/list_tags.ts";
export type { ChooseName, RegistryOptions } from "./registry/registry_image.ts";
export type { RetryRules } from "./registry/send_request.ts";
export {
  type AgentHandle as Agent,
  type AgentOptions,
  type Log,
  type LogFields,
  type LogLevel,
} from "./engine/agent.ts";
export {
  findLogin,
  isLoginAccepted,
  type LoggedIn,
  logIn,
  type LoginOptions,
} from "./engine/login/log_in.ts";
export { logOut, logOutOfAll } from "./engine/login/log_out.ts";
export type { AuthTargetOptions } from "./registry/auth/auth_target.ts";
export type {
  FindCredentialsOptions,
  FoundCredentials,
} from "./registry/auth/find_credentials.ts";
export type { Login } from "./registry/auth/store_credentials.ts";
export { openHandle as openAgent } from "./engine/open_handle.ts";
export type { DescribedDevices } from "./engine/templates/described_devices.ts";
export type { ContainerIdentity } from "./engine/containers/check_request.ts";
export type { ContainerOwner } from "./engine/container_owner.ts";
export type { MetadataChange } from "./engine/containers/container_metadata.ts";
export type {
  ContainerInfo,
  CreateContainerOptions,
} from "./engine/containers/new_container.ts";
export type { CreatePodSandboxOptions } from "./engine/pods/create_pod_sandbox.ts";
export type {
  ContainerState,
  ContainerStatus,
} from "./engine/containers/container_status.ts";
export type { DeleteContainerOptions } from "./engine/containers/delete_container.ts";
export type { RemovePodSandboxOptions } from "./engine/pods/remove_pod_sandbox.ts";
export type { EndOptions } from "./engine/containers/end_process.ts";
export type { WantedImage } from "./engine/images/find_image.ts";
export type { DeviceRequest } from "./engine/templates/host_resources.ts";
export { ImageServer } from "./engine/image_server.ts";
export {
  type ContainerDetails,
  inspectContainer,
  type SpecDifference,
} from "./engine/containers/inspect_container.ts";
export type {
  ImageDetails,
  ImageSummary,
} from "./engine/images/list_images.ts";
export {
  type ContainerSummary,
  listContainers,
  listPods,
  type PodSummary,
} from "./engine/containers/list_containers.ts";
export type { TemplateOptions } from "./engine/templates/make_template.ts";
export type { UnmountMode } from "./engine/mounts/unmount_layer.ts";
export type {
  LayerState,
  OnPullEvent,
  PullEvent,
} from "./engine/progress/pull_event.ts";
export {
  readStorageAdvice,
  type StorageAdvice,
} from "./engine/storage_advice.ts";
export type {
  EndpointExplanation,
  ProbeResult,
  RequestExplanation,
  TlsExplanation,
} from "./engine/lookup/explain_endpoint.ts";
export type {
  ExplainOptions,
  Explanation,
  NameExplanation,
} from "./engine/lookup/explain_reference.ts";
export type { PartRules } from "./engine/part_rules.ts";
export type { RepositoryTags } from "./engine/lookup/list_repository_tags.ts";
export type {
  ImageLookup,
  LookUpImageOptions,
} from "./engine/lookup/look_up_image.ts";
export type {
  LayerPhase,
  LayerProgress,
  PullState,
} from "./engine/progress/pull_state.ts";
export type { PullStatus } from "./engine/progress/pull_status.ts";
export type { LoadOptions } from "./engine/transfer/load_images.ts";
export type { PullOptions } from "./engine/transfer/pull_image.ts";
export type {
  RemovedImage,
  RemoveImageOptions,
} from "./engine/cleanup/remove_image.ts";
export { RuntimeServer } from "./engine/runtime_server.ts";
export type { StopContainerOptions } from "./engine/pods/stop_container.ts";
export {
  copyImage,
  type CopyImageOptions,
} from "./engine/transfer/copy_image.ts";
export type {
  ImagePolicy,
  PolicyRequest,
  ResolveOptions,
} from "./engine/transfer/resolve_image.ts";
export {
  storeImage,
  type StoreImageOptions,
} from "./engine/transfer/store_image.ts";
export type { StoredImage } from "./engine/transfer/store_sink.ts";
export {
  type LayoutMediumOptions,
  openLayoutMedium,
} from "./transports/layout_medium.ts";
export type {
  PackedFormat,
  PackOptions,
} from "./formats/compression/compress.ts";
export type { ManifestFormat } from "./formats/oci/rewrite_manifest.ts";
export type {
  CopiedImage,
  CopyOptions,
  CopyRoute,
} from "./engine/copy/copy_reference.ts";
export type { PushedImage, PushOptions } from "./engine/copy/push_image.ts";
export type { SaveFormat, SaveOptions } from "./engine/copy/save_images.ts";
export type { CopyForm } from "./engine/media/plan_copy.ts";
export {
  openSource,
  type OpenSourceOptions,
} from "./engine/media/open_source.ts";
export type { ChosenName, OpenedSource } from "./engine/media/opened_source.ts";
export {
  openStoreSource,
  type StoreSource,
} from "./engine/media/store_source.ts";
export {
  type MediumSinkOptions,
  openMediumSink,
} from "./engine/media/medium_sink.ts";
export type { StoreLocation } from "./store/paths.ts";
export {
  type CleanupItem,
  type CleanupKind,
  type CleanupPlan,
  type CleanupRequest,
  type CleanupTarget,
  type KeptItem,
} from "./engine/cleanup/cleanup_plan.ts";
export type {
  ContainerClass,
  DiskSpace,
} from "./engine/cleanup/cleanup_facts.ts";
export type {
  CleanupOutcome,
  CleanupStatus,
} from "./engine/cleanup/cleanup_status.ts";
export {
  type ContainerUsage,
  type ImageUsage,
  measureStore,
  type Reclaimable,
  type StoreUsage,
} from "./engine/cleanup/disk_usage.ts";
export {
  findSchedulers,
  formatSchedule,
  installSchedule,
  type Schedule,
  type ScheduleFile,
  type Scheduler,
} from "./engine/cleanup/schedule.ts";
export {
  type FailedItem,
  prune,
  type PruneOptions,
  type PruneReport,
} from "./engine/cleanup/prune.ts";
export {
  runDetached,
  type RunDetachedOptions,
} from "./engine/pods/run_detached.ts";
export { startPod, type StartPodOptions } from "./engine/pods/start_pod.ts";
export { pauseContainer } from "./engine/processes/pause_container.ts";
export { cleanUpContainer } from "./engine/pods/clean_up_container.ts";
export type { LogLine } from "./formats/cri_log.ts";
export {
  readLogs,
  type ReadLogsOptions,
} from "./engine/processes/read_logs.ts";
export {
  copyFiles,
  type CopyFilesOptions,
  type CopyPath,
  type CopySource,
  type CopyTarget,
} from "./engine/files/copy_files.ts";
export type {
  IdMapFile,
  LibcMounts,
  MappedMount,
} from "./process/libc_mounts.ts";
export type { LibcRoots, RootedFile } from "./process/libc_roots.ts";
export {
  attachToContainer,
  execInContainer,
  type ExecOptions,
} from "./engine/processes/exec_in_container.ts";
export {
  type ContainerProcess,
  listProcesses,
  type ProcessList,
} from "./engine/processes/list_processes.ts";
export {
  type ContainerMeasure,
  measureContainer,
} from "./engine/processes/measure_container.ts";
export type { ProcessStat } from "./formats/process_status.ts";
export {
  waitForContainer,
  type WaitOptions,
} from "./engine/processes/wait_for_container.ts";
export {
  killContainer,
  type KillContainerOptions,
} from "./engine/containers/end_process.ts";
export {
  type CheckOptions,
  type CheckReport,
  checkStore,
} from "./engine/check/check_store.ts";
export {
  type RepairOptions,
  type RepairReport,
  type RepairStep,
  repairStore,
} from "./engine/check/repair_store.ts";
export type { CheckProgress } from "./engine/check/read_content.ts";
export type {
  CheckDepth,
  CheckStatus,
  VerifiedLayer,
} from "./engine/check/check_status.ts";
export type {
  CheckedObject,
  Damage,
  ObjectKind,
} from "./engine/check/checked_object.ts";
export { examine } from "./engine/doctor/doctor.ts";
export type { Finding } from "./engine/doctor/finding.ts";
export type {
  ExamineOptions,
  NodeSettings,
} from "./engine/doctor/examine_options.ts";
export {
  runContainer,
  type RunContainerOptions,
} from "./engine/pods/run_container.ts";
export { stopPod } from "./engine/pods/stop_pod.ts";
export type { NetworkSettings } from "./engine/network/find_networks.ts";
export {
  type NetworkStatus,
  networkStatus,
} from "./engine/network/network_status.ts";
export type { NetworkDns } from "./formats/cni/plugin_input.ts";
export type {
  NamespacePaths,
  Sandbox,
  SandboxFiles,
  SandboxMetadata,
  SandboxNamespaces,
  SandboxPort,
  SandboxRequest,
} from "./engine/sandboxes/sandbox.ts";
export {
  createProcess,
  type CreateProcessOptions,
} from "./engine/monitor/create_process.ts";
export {
  startProcess,
  type StartProcessOptions,
} from "./engine/monitor/start_process.ts";
export {
  type ExecResult,
  execSync,
  type ExecSyncOptions,
} from "./engine/monitor/exec_sync.ts";
export type {
  ExecCommand,
  TerminalOption,
} from "./engine/monitor/exec_command.ts";
export { openExec, type OpenExecOptions } from "./engine/monitor/open_exec.ts";
export {
  openAttach,
  type OpenAttachOptions,
} from "./engine/monitor/open_attach.ts";
export {
  reopenLog,
  type ReopenLogOptions,
} from "./engine/monitor/reopen_log.ts";
export { watchExits } from "./engine/monitor/watch_exits.ts";
export {
  type ProcessExit,
  readExit,
} from "./engine/containers/process_exit.ts";
export { runSandbox } from "./engine/sandboxes/run_sandbox.ts";
export { stopSandbox } from "./engine/sandboxes/stop_sandbox.ts";
export { removeSandbox } from "./engine/sandboxes/remove_sandbox.ts";
export {
  listSandboxes,
  readSandbox,
} from "./engine/sandboxes/list_sandboxes.ts";
export { cleanUpSandboxes } from "./engine/sandboxes/clean_up_sandboxes.ts";
export type { UnpackLimits } from "./unpack/unpack_layer.ts";
