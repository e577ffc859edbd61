/**
 * Archives as `docker save` and containers/image write them, as a place where images
 * go to. What comes out is what these write, byte for byte.
 */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidManifestError } from "../../errors/image_errors.ts";
import { type Bytes, concatBytes, toBytes } from "../../formats/bytes.ts";
import { sortedMembers, toGoJson } from "../../formats/go_json.ts";
import type { RawManifest } from "../../formats/oci/blob_source.ts";
import { type Digest, hexOf } from "../../formats/oci/digest.ts";
import type {
  ImageMedium,
  OutgoingBlob,
  PutManifestOptions,
  WrittenBlob,
} from "../../formats/oci/image_medium.ts";
import { parseManifest } from "../../formats/oci/manifest.ts";
import { DOCKER_MANIFEST } from "../../formats/oci/media_types.ts";
import { type ImageName, splitReference } from "../../formats/oci/reference.ts";
import type { ArchiveOutput } from "./archive_output.ts";
import { ArchiveWriter } from "./archive_writer.ts";
import { MANIFEST_JSON } from "./docker_archive.ts";
import { legacyLayersOf } from "./legacy_layers.ts";

/** As what images go into an archive. */
export interface DockerArchiveOptions {
  /** The name of the image that the medium's name stands for, in full. */
  readonly name?: ImageName | undefined;
}

const FILE_MODE = 0o444;

/**
 * Opens an archive to write images to; layers that they share are written once.
 *
 * @param output Disposed of with the archive.
 */
export function openDockerArchiveMedium(
  output: ArchiveOutput,
  options: DockerArchiveOptions = {},
): ImageMedium {
  return new DockerArchiveMedium(output, options);
}

/** An image as `manifest.json` lists it. */
interface ListedImage {
  readonly Config: string;
  RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

class DockerArchiveMedium implements ImageMedium {
  readonly manifestTypes = [DOCKER_MANIFEST];
  readonly layers = "uncompressed";
  readonly #output: ArchiveOutput;
  readonly #name: ImageName | undefined;
  readonly #writer: ArchiveWriter;
  readonly #configs = new Map<Digest, Bytes>();
  readonly #images: ListedImage[] = [];
  readonly #legacyIds = new Set<string>();
  /** By repository and tag, the ID of the top layer. */
  readonly #tops = new Map<string, Map<string, string>>();

  constructor(output: ArchiveOutput, { name }: DockerArchiveOptions) {
    this.#output = output;
    this.#name = name;
    this.#writer = new ArchiveWriter(output, {
      mode: FILE_MODE,
      nameOf: ({ kind, digest }) =>
        kind === "config" ? configName(digest) : layerName(digest),
    });
  }

  has({ digest }: { readonly digest: Digest }): Promise<boolean> {
    return Promise.resolve(this.#writer.has(digest));
  }

  async put(blob: OutgoingBlob, options?: Abortable): Promise<WrittenBlob> {
    if (blob.kind === "layer") return await this.#writer.put(blob, options);
    const chunks: Bytes[] = [];
    for await (const chunk of await blob.open()) chunks.push(chunk.slice());
    const bytes = concatBytes(chunks);
    const open = () => Promise.resolve(new Blob([bytes]).stream());
    const written = await this.#writer.put({ ...blob, open }, options);
    this.#configs.set(written.digest, bytes);
    return written;
  }

  async putManifest(
    raw: RawManifest,
    { isNamed = false, names = [], signal }: PutManifestOptions = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    const manifest = parseManifest(raw);
    if (manifest.kind === "index") {
      throw new InvalidManifestError(
        `Cannot write index "${raw.digest}": a docker archive keeps images of ` +
          "one platform",
      );
    }
    const own = isNamed && this.#name !== undefined ? [this.#name] : [];
    const tags = [...new Set([...own, ...names])].filter(isTagged);
    const { config, layers } = manifest;
    const diffIds = layers.map(({ digest }) => digest);
    this.#list({
      Config: configName(config.digest),
      RepoTags: tags,
      Layers: diffIds.map(layerName),
    });
    await this.#putLegacy(diffIds, { config: config.digest, tags });
  }

  async commit({ signal }: Abortable = {}): Promise<void> {
    signal?.throwIfAborted();
    const list = toBytes(toGoJson(this.#images));
    await this.#writer.putFile(MANIFEST_JSON, list);
    const tops = [...this.#tops].map(([name, tags]) => [
      name,
      sortedMembers(Object.fromEntries(tags)),
    ]);
    const repositories = sortedMembers(Object.fromEntries(tops));
    await this.#writer.putFile("repositories", toBytes(toGoJson(repositories)));
    await this.#writer.commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#output[Symbol.asyncDispose]();
  }

  /** An image is listed once; a name is the last image's that gets it. */
  #list(image: ListedImage): void {
    for (const other of this.#images) {
      other.RepoTags = other.RepoTags.filter((name) =>
        !image.RepoTags.includes(name)
      );
    }
    const known = this.#images.find(({ Config }) => Config === image.Config);
    if (known === undefined) this.#images.push({ ...image });
    else known.RepoTags = [...known.RepoTags, ...image.RepoTags];
  }

  async #putLegacy(
    diffIds: readonly Digest[],
    { config, tags }: {
      readonly config: Digest;
      readonly tags: readonly ImageName[];
    },
  ): Promise<void> {
    const bytes = this.#configs.get(config);
    if (bytes === undefined) {
      throw new TypeError("a manifest before its config");
    }
    const layers = legacyLayersOf(diffIds, bytes);
    for (const { id, json, diffId } of layers) {
      if (this.#legacyIds.has(id)) continue;
      this.#legacyIds.add(id);
      await this.#writer.putLink(`${id}/layer.tar`, `../${layerName(diffId)}`);
      await this.#writer.putFile(`${id}/VERSION`, toBytes("1.0"));
      await this.#writer.putFile(`${id}/json`, toBytes(json));
    }
    const top = layers.at(-1)?.id;
    if (top === undefined) return;
    for (const { name, tag = "" } of tags.map(splitReference)) {
      const known = this.#tops.get(name) ?? new Map<string, string>();
      this.#tops.set(name, known.set(tag, top));
    }
  }
}

function configName(digest: Digest): string {
  return `${hexOf(digest)}.json`;
}

function layerName(digest: Digest): string {
  return `${hexOf(digest)}.tar`;
}

/** The archive knows no digests. */
function isTagged(name: ImageName): boolean {
  const { tag, digest } = splitReference(name);
  return tag !== undefined && digest === undefined;
}
