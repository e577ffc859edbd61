/** From a source to one image: manifest, platform, config; all verified. */

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

/** An image that may be fetched, if a policy lets it. */
export interface PolicyRequest {
  /** What it is asked for as; empty if by no name. */
  readonly name: string;
  /** What that name stands for: of its manifest, or of an index above it. */
  readonly digest: Digest;
  /** The one for the platform; it has a digest of its own. */
  readonly manifest: ImageManifest;
}

/**
 * Decides whether an image may be fetched, when no more than its manifest is.
 *
 * @throws {PolicyError} If it may not.
 */
export type ImagePolicy = (
  request: PolicyRequest,
  options: Abortable,
) => void | Promise<void>;

/** Which image of a source is wanted. */
export interface ResolveOptions extends Abortable {
  /**
   * What the image is asked for as, for the policy.
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
   * What to do with an image that is no choice, and for another platform; who
   * only hands it on accepts it.
   *
   * @default {"refuse"}
   */
  readonly otherPlatform?: "refuse" | "warn" | "accept" | undefined;
  /**
   * Told what is odd about the image, but no reason to refuse it.
   *
   * @default {none}
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /**
   * How patiently to try.
   *
   * @default {as RetryRules has it}
   */
  readonly retry?: RetryRules | undefined;
  /**
   * Where a config may be at hand already; it is verified all the same.
   *
   * @default {nowhere}
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

/** What a name for an image stands for. */
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

/** A store's IDs have 64 digits, for all of its users. */
function refuseOtherAlgorithms(digests: readonly Digest[], why: string): void {
  const other = digests.find((digest) => algorithmOf(digest) !== "sha256");
  if (other === undefined) return;
  throw new InvalidManifestError(
    `Cannot store "${other}": ${why} sha256 digests only`,
  );
}

/** What was asked for, and what an index says of the image that it led to. */
interface WantedPlatform {
  readonly platform: Platform;
  readonly promised: Platform | undefined;
}

/** An index is believed more than a config, which builders copy from elsewhere. */
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

/** Reads a config; once more if wrong bytes came. @throws {BlobMismatchError} */
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

/** Reads a blob that is kept in memory. @throws {BlobMismatchError} */
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
