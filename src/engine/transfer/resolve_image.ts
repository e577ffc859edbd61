/** Resolves a source to one image: manifest, platform and config, all verified. */

import type { Abortable } from "../../errors/abort.ts";
import {
  BlobMismatchError,
  InvalidManifestError,
  NoMatchingPlatformError,
} from "../../errors/image_errors.ts";
import { type Bytes, concatBytes } from "../../formats/bytes.ts";
import type {
  ImageSource,
  RawManifest,
} from "../../formats/oci/blob_source.ts";
import type { Descriptor, Platform } from "../../formats/oci/descriptor.ts";
import { algorithmOf, type Digest } from "../../formats/oci/digest.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import {
  type ImageConfig,
  MAX_CONFIG_SIZE,
  parseImageConfig,
} from "../../formats/oci/image_config.ts";
import type { ResolvedImage } from "../../formats/oci/image_sink.ts";
import {
  type ImageManifest,
  parseManifest,
} from "../../formats/oci/manifest.ts";
import { verifyBytes } from "../../formats/oci/verify_bytes.ts";
import {
  choosePlatform,
  hostPlatform,
  platformFits,
  platformOf,
  platformText,
} from "../../image/choose_manifest.ts";
import { readBlob } from "../../registry/blobs/read_blob.ts";
import type { RetryRules } from "../../registry/send_request.ts";

/** An image to be checked by a policy. */
export interface PolicyRequest {
  /** The requested name; empty if there is none. */
  readonly name: string;
  /** The digest that the name stands for: of its manifest, or of its index. */
  readonly digest: Digest;
  /** The manifest for the platform, which has its own digest. */
  readonly manifest: ImageManifest;
}

/**
 * Decides whether an image may be fetched, after only its manifest is.
 *
 * @throws {PolicyError} If it may not.
 */
export type ImagePolicy = (
  request: PolicyRequest,
  options: Abortable,
) => void | Promise<void>;

/** How to choose the image of a source. */
export interface ResolveOptions extends Abortable {
  /**
   * The requested name, for the policy.
   *
   * @default {none}
   */
  readonly name?: string | undefined;
  /**
   * Decides whether the image may be used.
   *
   * @default {none: all may}
   */
  readonly policy?: ImagePolicy | undefined;
  /**
   * Of an index: which image.
   *
   * @default {this machine's}
   */
  readonly platform?: Platform | undefined;
  /**
   * What to do with a single image for another platform; plain copies accept it.
   *
   * @default {"refuse"}
   */
  readonly otherPlatform?: "refuse" | "warn" | "accept" | undefined;
  /**
   * Receives warnings about the image.
   *
   * @default {none}
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /**
   * How to retry.
   *
   * @default {as RetryRules has it}
   */
  readonly retry?: RetryRules | undefined;
  /**
   * Finds a local copy of a config; it is verified all the same.
   *
   * @default {none}
   */
  readonly findConfig?: ((digest: Digest) => Bytes | undefined) | undefined;
}

const MAX_INDEX_DEPTH = 2;

/**
 * Fetches and checks manifest and config.
 *
 * @throws {InvalidManifestError} If they break their specifications.
 * @throws {NoMatchingPlatformError} If there is none for the platform.
 * @throws {BlobMismatchError} If bytes are not as promised.
 * @throws {PolicyError} If the policy says so, before the config is fetched.
 */
export async function resolveImage(
  source: ImageSource,
  options: ResolveOptions = {},
): Promise<ResolvedImage> {
  const platform = options.platform ?? hostPlatform();
  const indexes: RawManifest[] = [];
  let raw = await source.fetchManifest(undefined, options);
  let promised: Platform | undefined;
  for (;;) {
    const parsed = parseManifest(raw);
    if (parsed.kind === "manifest") {
      const image = { indexes, raw, manifest: parsed };
      await checkPolicy(image, options);
      return await withConfig(source, image, {
        ...options,
        platform,
        promised,
      });
    }
    if (indexes.length >= MAX_INDEX_DEPTH) {
      throw new InvalidManifestError(
        `Cannot read index "${raw.digest}": nested deeper than ` +
          `${MAX_INDEX_DEPTH}`,
      );
    }
    indexes.push(raw);
    const chosen = choosePlatform(parsed, platform);
    promised = chosen.platform ?? promised;
    raw = await source.fetchManifest(chosen.digest, options);
    checkSize(raw, chosen);
  }
}

async function checkPolicy(
  { indexes, raw, manifest }: Omit<ResolvedImage, "config" | "configBytes">,
  { name = "", policy, signal }: ResolveOptions,
): Promise<void> {
  const digest = digestOfImage({ indexes, raw });
  await policy?.({ name, digest, manifest }, { signal });
  signal?.throwIfAborted();
}

/** The digest that a name for an image stands for. */
export function digestOfImage(
  { indexes, raw }: Pick<ResolvedImage, "indexes" | "raw">,
): Digest {
  return indexes[0]?.digest ?? raw.digest;
}

async function withConfig(
  source: ImageSource,
  image: Omit<ResolvedImage, "config" | "configBytes">,
  options: ResolveOptions & WantedPlatform,
): Promise<ResolvedImage> {
  const { findConfig } = options;
  const { config: descriptor, layers } = image.manifest;
  refuseOtherAlgorithms([descriptor.digest], "image IDs are");
  const stored = findConfig?.(descriptor.digest);
  const isKnown = stored !== undefined &&
    stored.byteLength === descriptor.size &&
    digestOf(stored) === descriptor.digest;
  const configBytes = isKnown
    ? stored
    : await readConfig(source, descriptor, options);
  const what = `config "${descriptor.digest}"`;
  const config = parseImageConfig(configBytes, what);
  refuseOtherAlgorithms(config.rootfs.diff_ids, "layer IDs come from");
  const diffIds = config.rootfs.diff_ids.length;
  if (diffIds !== layers.length) {
    throw new InvalidManifestError(
      `Cannot read config "${descriptor.digest}": ${diffIds} diff_ids for ` +
        `${layers.length} layers`,
    );
  }
  if (options.otherPlatform !== "accept") {
    checkPlatform(config, { ...options, digest: image.raw.digest });
  }
  return { ...image, configBytes, config };
}

/** IDs in the store have 64 digits, for all tools. */
function refuseOtherAlgorithms(digests: readonly Digest[], why: string): void {
  const other = digests.find((digest) => algorithmOf(digest) !== "sha256");
  if (other === undefined) return;
  throw new InvalidManifestError(
    `Cannot store "${other}": ${why} sha256 digests only`,
  );
}

/** The requested platform, and the one in the index. */
interface WantedPlatform {
  readonly platform: Platform;
  readonly promised: Platform | undefined;
}

/**
 * The platform of an index takes precedence over the config's, which builders often
 * copy.
 */
function checkPlatform(
  config: ImageConfig,
  { platform, promised, digest, otherPlatform, onWarning }:
    & WantedPlatform
    & Pick<ResolveOptions, "onWarning" | "otherPlatform">
    & { readonly digest: Digest },
): void {
  const made = platformOf(config);
  if (made === undefined || platformFits(made, platform)) return;
  const problem = `it is for ${platformText(made)}, not ` +
    platformText(platform);
  if (promised === undefined && otherPlatform === "warn") {
    onWarning?.(`image "${digest}" is used, but ${problem}`);
    return;
  }
  if (promised === undefined) {
    throw new NoMatchingPlatformError(
      `Cannot use image "${digest}": ${problem}; to pull it all the same, use ` +
        `--platform ${platformText(made)}`,
    );
  }
  onWarning?.(
    `image "${digest}" is used, as its index says that it is for ` +
      `${platformText(promised)}; but its config says that ${problem}`,
  );
}

/** Reads a config; retries once after wrong bytes. @throws {BlobMismatchError} */
async function readConfig(
  source: ImageSource,
  blob: Descriptor,
  options: ResolveOptions,
): Promise<Bytes> {
  if (blob.size > MAX_CONFIG_SIZE) {
    throw new InvalidManifestError(
      `Cannot read config "${blob.digest}": its size is ${blob.size} bytes, ` +
        `at most ${MAX_CONFIG_SIZE} are read`,
    );
  }
  try {
    return await readSmallBlob(source, blob, options);
  } catch (error) {
    const isCorrupted = error instanceof BlobMismatchError;
    if (!isCorrupted || options.retry?.tries === 1) throw error;
    return await readSmallBlob(source, blob, options);
  }
}

/** Reads a small blob into memory. @throws {BlobMismatchError} */
async function readSmallBlob(
  source: ImageSource,
  blob: Descriptor,
  { retry, signal }: ResolveOptions,
): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  const open = source.open.bind(source);
  const consume = (chunk: Bytes) => void chunks.push(chunk.slice());
  await readBlob(open, blob, consume, { ...retry, signal });
  const bytes = concatBytes(chunks);
  verifyBytes(bytes, blob.digest, `Cannot accept config "${blob.digest}": it`);
  return bytes;
}

function checkSize({ bytes }: RawManifest, { digest, size }: Descriptor): void {
  if (bytes.byteLength === size) return;
  throw new BlobMismatchError(
    `Cannot accept manifest "${digest}": got ${bytes.byteLength} bytes, ` +
      `its index says ${size}`,
  );
}
