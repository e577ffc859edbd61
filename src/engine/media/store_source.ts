/** The store as a source of images. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { InvalidManifestError } from "../../errors/image_errors.ts";
import { NotFoundError } from "../../errors/not_found_errors.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type {
  ImageSource,
  OpenBlobOptions,
  RawManifest,
} from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import { parseImageConfig } from "../../formats/oci/image_config.ts";
import { OCI_LAYER_TAR } from "../../formats/oci/media_types.ts";
import { parseManifest } from "../../formats/oci/manifest.ts";
import type { ImageName } from "../../formats/oci/reference.ts";
import { verifyBytes } from "../../formats/oci/verify_bytes.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../formats/storage/store_record.ts";
import { listChain } from "../../store/layers/layer_files.ts";
import { type LayerTar, openLayerTar } from "../../store/layers/layer_tar.ts";
import { measureLayerTar } from "../../store/layers/tar_split.ts";
import type { Store } from "../../store/store.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { findWantedImage } from "../images/find_image.ts";
import { loadShortNames } from "../images/short_names.ts";
import { leaseIfWritable } from "../lease_if_writable.ts";
import { copyNonUtf8Files } from "./non_utf8_files.ts";

/** An image of a store, which keeps its layers until it is disposed of. */
export interface StoreSource extends Disposable {
  /** Where it comes from. */
  readonly source: ImageSource;
  /** Its record. */
  readonly image: ImageRecord;
  /** The full name by which it was found; undefined if it was found by ID. */
  readonly name: ImageName | undefined;
}

// A compromise between calls and memory: several layers may be read concurrently.
const CHUNK_BYTES = 256 * 1024;

/**
 * Opens an image of the store. Its layers are uncompressed archives.
 *
 * @param handle From `openAgent()`.
 * @param text The typed reference: a name, an ID, `containers-storage:…`.
 * @throws {ImageNotFoundError} If there is none.
 * @throws {DamagedFileError} If the archives of its layers cannot be rebuilt.
 * @example
 * ```ts
 * import {
 *   type Agent,
 *   copyImage,
 *   openLayoutMedium,
 *   openMediumSink,
 *   openStoreSource,
 * } from "orlop";
 * async function keep(agent: Agent, name: string): Promise<void> {
 *   using stored = await openStoreSource(agent, name);
 *   await using medium = await openLayoutMedium("/srv/app", { ref: "1" });
 *   await copyImage(stored.source, openMediumSink(medium));
 *   await medium.commit();
 * }
 * ```
 */
export async function openStoreSource(
  handle: AgentHandle,
  text: string,
  { signal }: Abortable = {},
): Promise<StoreSource> {
  const agent = insideOf(handle);
  const { store } = agent;
  const conf = await loadShortNames(agent, [text], { signal });
  using held = await store.lock({ layers: "read", images: "read" }, { signal });
  const found = findWantedImage(held.images, { imageName: text }, conf);
  const { image, name, digest: asked } = found;
  const chain = listChain(held.layers, image.layer).toReversed();
  const layers = describeLayers(store, image, chain);
  // Leased under the locks: processes that remove layers see the lease from now on.
  const lease = leaseIfWritable(agent, chain);
  return {
    source: sourceOf(agent, { image, layers, asked }),
    image,
    name,
    [Symbol.dispose]: () => lease?.[Symbol.dispose](),
  };
}

interface StoredLayer {
  readonly record: LayerRecord;
  readonly blob: Descriptor;
}

interface SourceParts {
  readonly image: ImageRecord;
  readonly layers: readonly StoredLayer[];
  /** The requested digest: of a manifest, or of an index. */
  readonly asked: Digest | undefined;
}

function sourceOf(
  agent: Agent,
  { image, layers, asked }: SourceParts,
): ImageSource {
  const { store } = agent;
  const keys = image["big-data-names"] ?? [];
  const first = keys.includes(`manifest-${asked}`) ? asked : undefined;
  return {
    plainLayers: layers.map(({ blob }) => blob),
    // deno-lint-ignore require-await -- to fail as others do: by rejection
    async fetchManifest(digest = first, { signal } = {}) {
      signal?.throwIfAborted();
      return readManifest(store, image, digest);
    },
    async open(blob, options = {}) {
      options.signal?.throwIfAborted();
      const { digest } = blob;
      const layer = layers.find(({ blob }) => blob.digest === digest);
      if (layer !== undefined) {
        return await streamTar(agent, layer.record, options);
      }
      const bytes = readItem(store, image, digest).slice(options.offset);
      return new Blob([bytes]).stream();
    },
  };
}

function describeLayers(
  store: Store,
  image: ImageRecord,
  chain: readonly LayerRecord[],
): readonly StoredLayer[] {
  const diffIds = readDiffIds(store, image);
  if (diffIds.length !== chain.length) {
    throw damaged(
      `it has ${chain.length} layers, its config says ${diffIds.length}`,
    );
  }
  return chain.map((record, index) => {
    const digest = diffIds[index];
    const known = record["diff-digest"];
    if (digest === undefined || (known !== undefined && known !== digest)) {
      throw damaged(
        `its layer "${record.id}" has uncompressed digest ${known}, its ` +
          `config says ${digest}`,
      );
    }
    const noted = record["diff-size"] ?? 0;
    const size = noted > 0 ? noted : measureLayerTar(store.paths, record);
    return { record, blob: { mediaType: OCI_LAYER_TAR, digest, size } };
  });

  function damaged(why: string): DamagedFileError {
    return new DamagedFileError(
      `Cannot read image "${image.id}": ${why}; pull it again`,
      { path: join(store.paths.layers, "layers.json") },
    );
  }
}

function readDiffIds(store: Store, image: ImageRecord): readonly Digest[] {
  const manifest = parseManifest(readManifest(store, image));
  if (manifest.kind === "index") {
    throw new InvalidManifestError(
      `Cannot read image "${image.id}": its manifest is an index`,
    );
  }
  const { digest } = manifest.config;
  const config = readItem(store, image, digest);
  return parseImageConfig(config, `config "${digest}"`).rootfs.diff_ids;
}

/** @param digest If omitted, the current manifest. */
function readManifest(
  store: Store,
  image: ImageRecord,
  digest?: Digest,
): RawManifest {
  const key = digest === undefined ? "manifest" : `manifest-${digest}`;
  const bytes = readItem(store, image, key);
  if (digest !== undefined) {
    verifyBytes(bytes, digest, `Cannot read manifest "${digest}": it`);
  }
  return { bytes, digest: digest ?? digestOf(bytes), mediaType: "" };
}

function readItem(store: Store, image: ImageRecord, key: string): Bytes {
  const bytes = store.images.readItem(image.id, key);
  if (bytes !== undefined) return bytes;
  throw new NotFoundError(
    `Cannot read image "${image.id}": its item "${key}" is missing`,
  );
}

async function streamTar(
  agent: Agent,
  record: LayerRecord,
  { offset = 0, signal }: OpenBlobOptions,
): Promise<ReadableStream<Bytes>> {
  await using begun = new AsyncDisposableStack();
  const { copies } = begun.use(
    await copyNonUtf8Files(agent, record, { signal }),
  );
  // So that an error names the file that was changed.
  const options = { content: "check", copies } as const;
  const tar = begun.use(openLayerTar(agent.store.paths, record, options));
  tar.skip(offset);
  const opened = begun.move();
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK_BYTES,
    async pull(controller) {
      const view = controller.byobRequest?.view;
      if (!(view instanceof Uint8Array)) throw new TypeError("no buffer");
      try {
        signal?.throwIfAborted();
        const count = fill(tar, view);
        if (count > 0) return controller.byobRequest?.respond(count);
      } catch (error) {
        await opened.disposeAsync();
        return controller.error(error);
      }
      await opened.disposeAsync();
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: () => opened.disposeAsync(),
  });
}

/** Fills a chunk with several small files. */
function fill(tar: LayerTar, view: Uint8Array): number {
  let filled = 0;
  while (filled < view.length) {
    const count = tar.read(view.subarray(filled));
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
