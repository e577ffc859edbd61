/** What the library exports of the formats. */

export type { Bytes } from "./bytes.ts";
export type { LogLine } from "./cri_log.ts";
export type { ProcessStat } from "./process_status.ts";
export type {
  BlobFile,
  BlobFiles,
  BlobRange,
  BlobSource,
  ImageBlobs,
  ImageSource,
  OpenBlobOptions,
  RawManifest,
} from "./oci/blob_source.ts";
export type { Descriptor, Platform } from "./oci/descriptor.ts";
export { type Digest, parseDigest } from "./oci/digest.ts";
export { digestOf } from "./oci/digest_of.ts";
export type {
  HistoryEntry,
  ImageConfig,
  RunDefaults,
} from "./oci/image_config.ts";
export type {
  ImageMedium,
  OutgoingBlob,
  PutManifestOptions,
  WrittenBlob,
} from "./oci/image_medium.ts";
export type { ImageSink, ResolvedImage } from "./oci/image_sink.ts";
export type { ImageManifest } from "./oci/manifest.ts";
export {
  type ImageName,
  nameOf,
  parseReference,
  type Reference,
} from "./oci/reference.ts";
export type { ManifestFormat } from "./oci/rewrite_manifest.ts";
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
} from "./oci/runtime_spec.ts";
export type {
  SeccompArchitecture,
  SeccompArgument,
  SeccompCondition,
  SeccompProfile,
  SeccompRule,
} from "./oci/seccomp_profile.ts";
export type { PackedFormat, PackOptions } from "./compression/compress.ts";
export type { ContainerMetadata } from "./storage/container_metadata.ts";
export type { MountEntry } from "./storage/mount_table.ts";
export type { ContainerId, ImageId, LayerId } from "./storage/store_ids.ts";
export type {
  BigDataMembers,
  ContainerRecord,
  ImageRecord,
  LayerRecord,
  MountRecord,
  StoreRecord,
} from "./storage/store_record.ts";
export type { IdRange, UserMap } from "./storage/user_map.ts";
export type { Credentials } from "./config/auth_file.ts";
export type {
  RegistriesConf,
  ShortNameMode,
} from "./config/registries_conf.ts";
export type { Mirror, RegistryEntry } from "./config/registry_entries.ts";
export type { Alias } from "./config/short_name_aliases.ts";
export type { NetworkDns } from "./cni/plugin_input.ts";
