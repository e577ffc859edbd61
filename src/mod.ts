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
export * from "./errors/image_errors.ts";
export * from "./errors/naming_errors.ts";
export * from "./errors/network_errors.ts";
export * from "./errors/not_found_errors.ts";
export * from "./errors/process_errors.ts";
export * from "./errors/store_errors.ts";
export * from "./formats/mod.ts";
export { takeLibc } from "./process/bind_libc.ts";
export type { Host } from "./process/host.ts";
export type { Libc, ResourceLimit } from "./process/libc.ts";
export type {
  LockDescriptor,
  LockKind,
  LockUse,
  ReadDescriptor,
} from "./process/libc_files.ts";
export type {
  IdMapFile,
  LibcMounts,
  MappedMount,
} from "./process/libc_mounts.ts";
export type { ProcessFile } from "./process/libc_proc.ts";
export type { LibcRoots, RootedFile } from "./process/libc_roots.ts";
export type { LibcSockets, Peer } from "./process/libc_sockets.ts";
export type {
  SpawnedProgram,
  SpawnedStream,
  SpawnOptions,
} from "./process/libc_spawn.ts";
export type { FileStatus, Space } from "./process/libc_status.ts";
export type { LibcTerminals } from "./process/libc_terminals.ts";
export { takeLibcWithSockets } from "./process/libc_with_sockets.ts";
export type {
  ByteChannel,
  ProcessStreams,
  TerminalSize,
} from "./process/process_streams.ts";
export type {
  Connections,
  NamespacePort,
} from "./process/sockets/socket_connections.ts";
export type { CapabilityChange } from "./image/capabilities.ts";
export type { ContainerFile } from "./image/container_files.ts";
export type { MountOptions } from "./image/container_mounts.ts";
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
export type { SecurityOptions } from "./image/security.ts";
export type { ResolvedUser, UserLookupOptions } from "./image/user_lookup.ts";
export type { TmpfsVolume, Volume } from "./image/volumes.ts";
export type { Mounter, UnmountOptions } from "./mount/mounter.ts";
export type { MountPlan } from "./mount/plan_overlay.ts";
export type { StoreLocation } from "./store/paths.ts";
export type { UnpackLimits } from "./unpack/unpack_layer.ts";
export type { AuthTargetOptions } from "./registry/auth/auth_target.ts";
export type {
  FindCredentialsOptions,
  FoundCredentials,
} from "./registry/auth/find_credentials.ts";
export type { Login } from "./registry/auth/store_credentials.ts";
export type { ConfigEnvironment } from "./registry/config/config_paths.ts";
export type { LoadRegistriesConfOptions } from "./registry/config/load_registries_conf.ts";
export type { ListTagsOptions } from "./registry/list_tags.ts";
export type { ChooseName, RegistryOptions } from "./registry/registry_image.ts";
export type { RetryRules } from "./registry/send_request.ts";
export {
  type LayoutMediumOptions,
  openLayoutMedium,
} from "./transports/layout_medium.ts";
export * from "./engine/mod.ts";
