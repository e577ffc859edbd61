/**
 * Images in archives of `docker save`: Docker's image specification v1.2 and
 * later, "Combined Image JSON + Filesystem Changeset Format".
 */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidManifestError } from "../../errors/image_errors.ts";
import { NotFoundError } from "../../errors/not_found_errors.ts";
import { type Bytes, toBytes } from "../../formats/bytes.ts";
import {
  asArray,
  asObject,
  asString,
  asStrings,
  optional,
  parseJson,
  refuseCaseVariants,
} from "../../formats/json.ts";
import type {
  BlobFile,
  ImageSource,
  RawManifest,
} from "../../formats/oci/blob_source.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import {
  MAX_CONFIG_SIZE,
  parseImageConfig,
} from "../../formats/oci/image_config.ts";
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
} from "../../formats/oci/media_types.ts";
import { openBlobFile } from "../file_range.ts";
import type { ArchivedImage } from "./image_archive.ts";
import {
  type ArchiveFile,
  expandIfPacked,
  invalid,
  type OpenArchiveOptions,
  readMember,
} from "./open_archive.ts";

/** An image as `manifest.json` lists it. */
interface ArchiveItem {
  /** The name of a member. */
  readonly config: string;
  readonly repoTags: readonly string[];
  /** Names of members, from the base up. */
  readonly layers: readonly string[];
}

/** The member that lists the images of an archive. */
export const MANIFEST_JSON = "manifest.json";
// As containers/image and tar readers do that look for one member.
const WHICH = "first";
// An entry is some 10 KiB for 127 layers.
const MAX_LIST_SIZE = 4 * 1024 * 1024;
const ITEM_KEYS = ["Config", "RepoTags", "Layers"];

/**
 * Lists the images of an archive.
 *
 * @throws {NotFoundError} If it has no `manifest.json`.
 * @throws {InvalidManifestError} If that is malformed.
 */
export async function readDockerArchive(
  archive: ArchiveFile,
  options: OpenArchiveOptions,
): Promise<readonly ArchivedImage[]> {
  const bytes = await readMember(archive, MANIFEST_JSON, {
    ...{ maxSize: MAX_LIST_SIZE, which: WHICH },
  });
  return parseList(bytes, archive.name).map((item) => ({
    ...{ names: item.repoTags, fullNames: item.repoTags, isNamedInFull: true },
    open: (abortable) => openItem(archive, item, { ...options, ...abortable }),
  }));
}

function parseList(bytes: Bytes, archive: string): readonly ArchiveItem[] {
  const what = `${MANIFEST_JSON} of archive "${archive}"`;
  try {
    return asArray(parseJson(bytes, what), what).map((value, index) => {
      const where = `${what}, item ${index}`;
      const item = asObject(value, where);
      refuseCaseVariants(item, where, ITEM_KEYS);
      return {
        config: asString(item["Config"], `${where}, Config`),
        repoTags: optional(item["RepoTags"], `${where}, RepoTags`, asStrings) ??
          [],
        layers: optional(item["Layers"], `${where}, Layers`, asStrings) ?? [],
      };
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidManifestError(error.message, { cause: error });
  }
}

/** Opens an image: with a manifest as containers/image makes it for such ones. */
async function openItem(
  archive: ArchiveFile,
  item: ArchiveItem,
  options: OpenArchiveOptions,
): Promise<ImageSource> {
  const configBytes = await readMember(archive, item.config, {
    ...{ maxSize: MAX_CONFIG_SIZE, which: WHICH },
  });
  const what = `config "${item.config}" of archive "${archive.name}"`;
  const { rootfs } = parseImageConfig(configBytes, what);
  const diffIds = rootfs.diff_ids;
  const layers = await findLayers(archive, { item, diffIds }, options);
  const config = digestOf(configBytes);
  const manifest = makeManifest(
    { digest: config, size: configBytes.byteLength },
    diffIds.map((digest) => ({ digest, size: layers.get(digest)?.size ?? 0 })),
  );
  const find = (digest: Digest) => {
    const file = layers.get(digest);
    if (file !== undefined) return file;
    throw new NotFoundError(
      `Cannot open blob "${digest}": archive "${archive.name}" lacks it`,
    );
  };
  const reach = [...layers.values()].map(({ path }) => path);
  return {
    files: {
      reach: [...new Set(reach)],
      // deno-lint-ignore require-await -- to fail as the others do: by rejection
      find: async ({ digest }) => find(digest),
    },
    async open(blob, opening: Abortable & { offset?: number } = {}) {
      opening.signal?.throwIfAborted();
      const { offset = 0 } = opening;
      return blob.digest === config
        ? new Blob([configBytes.slice(offset)]).stream()
        : await openBlobFile(find(blob.digest), blob, opening);
    },
    // deno-lint-ignore require-await -- likewise
    async fetchManifest(digest = manifest.digest, { signal } = {}) {
      signal?.throwIfAborted();
      if (digest === manifest.digest) return manifest;
      throw new NotFoundError(
        `Cannot read manifest "${digest}": archive "${archive.name}" lacks it`,
      );
    },
  };
}

/** The files of plain layers, by diff ID: one may be listed more than once. */
async function findLayers(
  archive: ArchiveFile,
  { item, diffIds }: {
    readonly item: ArchiveItem;
    readonly diffIds: readonly Digest[];
  },
  options: OpenArchiveOptions,
): Promise<ReadonlyMap<Digest, BlobFile>> {
  if (item.layers.length !== diffIds.length) {
    throw invalid(
      archive.name,
      `"${item.config}" has ${diffIds.length} diff_ids for ` +
        `${item.layers.length} layers`,
    );
  }
  const layers = new Map<Digest, BlobFile>();
  const listed = new Set<string>();
  for (const [index, diffId] of diffIds.entries()) {
    const name = item.layers[index];
    if (name === undefined || layers.has(diffId)) continue;
    if (listed.has(name)) {
      throw invalid(archive.name, `layer "${name}" is listed for two diff_ids`);
    }
    listed.add(name);
    const file = archive.find(name, WHICH);
    if (file === undefined) {
      throw invalid(archive.name, `it lacks layer "${name}"`);
    }
    layers.set(
      diffId,
      await expandIfPacked(file, { ...options, name: archive.name }),
    );
  }
  return layers;
}

type SizedBlob = { readonly digest: Digest; readonly size: number };

/** Docker's schema 2, byte for byte as containers/image writes it. */
function makeManifest(
  config: SizedBlob,
  layers: readonly SizedBlob[],
): RawManifest {
  const describe = (mediaType: string, { digest, size }: SizedBlob) => ({
    ...{ mediaType, size, digest },
  });
  const bytes = toBytes(JSON.stringify({
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: describe(DOCKER_CONFIG, config),
    layers: layers.map((layer) => describe(DOCKER_LAYER_GZIP, layer)),
  }));
  return { bytes, mediaType: DOCKER_MANIFEST, digest: digestOf(bytes) };
}
