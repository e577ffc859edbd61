/** What the library exports of the engine. */

// Agents and the two servers.
export type {
  AgentHandle as Agent,
  AgentOptions,
  Log,
  LogFields,
  LogLevel,
} from "./agent.ts";
export type { ContainerOwner } from "./container_owner.ts";
export { ImageServer } from "./image_server.ts";
export { openHandle as openAgent } from "./open_handle.ts";
export type { PartRules } from "./part_rules.ts";
export { RuntimeServer } from "./runtime_server.ts";
export { readStorageAdvice, type StorageAdvice } from "./storage_advice.ts";

// Credentials.
export {
  findLogin,
  isLoginAccepted,
  type LoggedIn,
  logIn,
  type LoginOptions,
} from "./login/log_in.ts";
export { logOut, logOutOfAll } from "./login/log_out.ts";

// Mounts.
export type { UnmountMode } from "./mounts/unmount_layer.ts";

// Images.
export type { WantedImage } from "./images/find_image.ts";
export type { ImageDetails, ImageSummary } from "./images/list_images.ts";

// The progress of pulls.
export type {
  LayerState,
  OnPullEvent,
  PullEvent,
} from "./progress/pull_event.ts";
export type {
  LayerPhase,
  LayerProgress,
  PullState,
} from "./progress/pull_state.ts";
export type { PullStatus } from "./progress/pull_status.ts";

// Where images come from and go to.
export { type MediumSinkOptions, openMediumSink } from "./media/medium_sink.ts";
export { openSource, type OpenSourceOptions } from "./media/open_source.ts";
export type { ChosenName, OpenedSource } from "./media/opened_source.ts";
export type { CopyForm } from "./media/plan_copy.ts";
export { openStoreSource, type StoreSource } from "./media/store_source.ts";

// Pulling and loading.
export { copyImage, type CopyImageOptions } from "./transfer/copy_image.ts";
export type { LoadOptions } from "./transfer/load_images.ts";
export type { PullOptions } from "./transfer/pull_image.ts";
export type {
  ImagePolicy,
  PolicyRequest,
  ResolveOptions,
} from "./transfer/resolve_image.ts";
export { storeImage, type StoreImageOptions } from "./transfer/store_image.ts";
export type { StoredImage } from "./transfer/store_sink.ts";

// Pushing, saving and copying.
export type {
  CopiedImage,
  CopyOptions,
  CopyRoute,
} from "./copy/copy_reference.ts";
export type { PushedImage, PushOptions } from "./copy/push_image.ts";
export type { SaveFormat, SaveOptions } from "./copy/save_images.ts";

// Images in registries.
export type {
  EndpointExplanation,
  ProbeResult,
  RequestExplanation,
  TlsExplanation,
} from "./lookup/explain_endpoint.ts";
export type {
  ExplainOptions,
  Explanation,
  NameExplanation,
} from "./lookup/explain_reference.ts";
export type { RepositoryTags } from "./lookup/list_repository_tags.ts";
export type {
  ImageLookup,
  LookUpImageOptions,
} from "./lookup/look_up_image.ts";

// Templates of containers.
export type { DescribedDevices } from "./templates/described_devices.ts";
export type { DeviceRequest } from "./templates/host_resources.ts";
export type { TemplateOptions } from "./templates/make_template.ts";

// Containers.
export type { ContainerIdentity } from "./containers/check_request.ts";
export type { MetadataChange } from "./containers/container_metadata.ts";
export type {
  ContainerState,
  ContainerStatus,
} from "./containers/container_status.ts";
export type { DeleteContainerOptions } from "./containers/delete_container.ts";
export {
  type EndOptions,
  killContainer,
  type KillContainerOptions,
} from "./containers/end_process.ts";
export {
  type ContainerDetails,
  inspectContainer,
  type SpecDifference,
} from "./containers/inspect_container.ts";
export {
  type ContainerSummary,
  listContainers,
  listPods,
  type PodSummary,
} from "./containers/list_containers.ts";
export type {
  ContainerInfo,
  CreateContainerOptions,
} from "./containers/new_container.ts";
export { type ProcessExit, readExit } from "./containers/process_exit.ts";

// Processes under conmon.
export {
  createProcess,
  type CreateProcessOptions,
} from "./monitor/create_process.ts";
export type { ExecCommand, TerminalOption } from "./monitor/exec_command.ts";
export {
  type ExecResult,
  execSync,
  type ExecSyncOptions,
} from "./monitor/exec_sync.ts";
export { openAttach, type OpenAttachOptions } from "./monitor/open_attach.ts";
export { openExec, type OpenExecOptions } from "./monitor/open_exec.ts";
export { reopenLog, type ReopenLogOptions } from "./monitor/reopen_log.ts";
export {
  startProcess,
  type StartProcessOptions,
} from "./monitor/start_process.ts";
export { watchExits } from "./monitor/watch_exits.ts";

// Pods, and commands run in containers.
export { cleanUpContainer } from "./pods/clean_up_container.ts";
export type { CreatePodSandboxOptions } from "./pods/create_pod_sandbox.ts";
export type { RemovePodSandboxOptions } from "./pods/remove_pod_sandbox.ts";
export {
  runContainer,
  type RunContainerOptions,
} from "./pods/run_container.ts";
export { runDetached, type RunDetachedOptions } from "./pods/run_detached.ts";
export { startPod, type StartPodOptions } from "./pods/start_pod.ts";
export type { StopContainerOptions } from "./pods/stop_container.ts";
export { stopPod } from "./pods/stop_pod.ts";

// Processes of detached containers.
export {
  attachToContainer,
  execInContainer,
  type ExecOptions,
} from "./processes/exec_in_container.ts";
export {
  type ContainerProcess,
  listProcesses,
  type ProcessList,
} from "./processes/list_processes.ts";
export {
  type ContainerMeasure,
  measureContainer,
} from "./processes/measure_container.ts";
export { pauseContainer } from "./processes/pause_container.ts";
export { readLogs, type ReadLogsOptions } from "./processes/read_logs.ts";
export {
  waitForContainer,
  type WaitOptions,
} from "./processes/wait_for_container.ts";

// Files of containers.
export {
  copyFiles,
  type CopyFilesOptions,
  type CopyPath,
  type CopySource,
  type CopyTarget,
} from "./files/copy_files.ts";

// Pod networks.
export type { NetworkSettings } from "./network/find_networks.ts";
export { type NetworkStatus, networkStatus } from "./network/network_status.ts";

// Pod sandboxes of a kubelet.
export { cleanUpSandboxes } from "./sandboxes/clean_up_sandboxes.ts";
export { listSandboxes, readSandbox } from "./sandboxes/list_sandboxes.ts";
export { removeSandbox } from "./sandboxes/remove_sandbox.ts";
export { runSandbox } from "./sandboxes/run_sandbox.ts";
export type {
  NamespacePaths,
  Sandbox,
  SandboxFiles,
  SandboxMetadata,
  SandboxNamespaces,
  SandboxPort,
  SandboxRequest,
} from "./sandboxes/sandbox.ts";
export { stopSandbox } from "./sandboxes/stop_sandbox.ts";

// Cleanup and disk usage.
export type { ContainerClass, DiskSpace } from "./cleanup/cleanup_facts.ts";
export type {
  CleanupItem,
  CleanupKind,
  CleanupPlan,
  CleanupRequest,
  CleanupTarget,
  KeptItem,
} from "./cleanup/cleanup_plan.ts";
export type {
  CleanupOutcome,
  CleanupStatus,
} from "./cleanup/cleanup_status.ts";
export {
  type ContainerUsage,
  type ImageUsage,
  measureStore,
  type Reclaimable,
  type StoreUsage,
} from "./cleanup/disk_usage.ts";
export {
  type FailedItem,
  prune,
  type PruneOptions,
  type PruneReport,
} from "./cleanup/prune.ts";
export type {
  RemovedImage,
  RemoveImageOptions,
} from "./cleanup/remove_image.ts";
export {
  findSchedulers,
  formatSchedule,
  installSchedule,
  type Schedule,
  type ScheduleFile,
  type Scheduler,
} from "./cleanup/schedule.ts";

// Checks and repairs.
export type {
  CheckDepth,
  CheckStatus,
  VerifiedLayer,
} from "./check/check_status.ts";
export {
  type CheckOptions,
  type CheckReport,
  checkStore,
} from "./check/check_store.ts";
export type {
  CheckedObject,
  Damage,
  ObjectKind,
} from "./check/checked_object.ts";
export type { CheckProgress } from "./check/read_content.ts";
export {
  type RepairOptions,
  type RepairReport,
  type RepairStep,
  repairStore,
} from "./check/repair_store.ts";

// Diagnosis of the host.
export { examine } from "./doctor/doctor.ts";
export type { ExamineOptions, NodeSettings } from "./doctor/examine_options.ts";
export type { Finding } from "./doctor/finding.ts";
