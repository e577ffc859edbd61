/** The image interface of a container runtime. */

import type { Abortable } from "../errors/abort.ts";
import { ImageNotFoundError } from "../errors/not_found_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { RawManifest } from "../formats/oci/blob_source.ts";
import { nameOf } from "../formats/oci/reference.ts";
import { loadRegistriesConf } from "../registry/config/load_registries_conf.ts";
import { candidatesFor } from "../registry/config/short_names.ts";
import type { ListTagsOptions } from "../registry/list_tags.ts";
import type { RegistryOptions } from "../registry/registry_image.ts";
import { type Agent, type AgentHandle, insideOf } from "./agent.ts";
import {
  type RemovedImage,
  removeImage,
  type RemoveImageOptions,
} from "./cleanup/remove_image.ts";
import {
  type CopiedImage,
  type CopyOptions,
  copyReference,
  type CopyRoute,
} from "./copy/copy_reference.ts";
import {
  type PushedImage,
  pushImage,
  type PushOptions,
} from "./copy/push_image.ts";
import { saveImages, type SaveOptions } from "./copy/save_images.ts";
import {
  type ImageDetails,
  type ImageSummary,
  inspectImage,
  listImages,
} from "./images/list_images.ts";
import { tagImage, untagImage } from "./images/name_image.ts";
import { pinImage } from "./images/pin_image.ts";
import {
  type ExplainOptions,
  explainReference,
  type Explanation,
} from "./lookup/explain_reference.ts";
import {
  listRepositoryTags,
  type RepositoryTags,
} from "./lookup/list_repository_tags.ts";
import {
  type ImageLookup,
  lookUpImage,
  type LookUpImageOptions,
} from "./lookup/look_up_image.ts";
import { lookUpManifest } from "./lookup/look_up_manifest.ts";
import { listPulls } from "./progress/list_pulls.ts";
import type { PullStatus } from "./progress/pull_status.ts";
import { loadImages, type LoadOptions } from "./transfer/load_images.ts";
import { canPull, pullImage, type PullOptions } from "./transfer/pull_image.ts";
import type { StoredImage } from "./transfer/store_sink.ts";

/**
 * Keeps images in a store.
 *
 * Terms: a *layer* is a change of a file tree, and lies on its *parent* layer; a
 * *config* says what to run in the tree that layers add up to; its sha256 is the
 * *image ID*; a *manifest* lists a config and layers, and its sha256 is the
 * *digest* that registries know an image by. A *reference* is what a person
 * types; a *name* is one in full, such as `docker.io/library/busybox:latest`. An
 * image may have several names, and a name is one image's. One without a name is
 * *dangling*; a *pinned* one is what no cleanup removes.
 *
 * Life cycle: `pullImage()` fetches the layers that the store lacks, each into a
 * staging directory; a complete layer gets its record, and stays, even if the rest
 * fails. The image's record comes last: until then there is no image. A name that
 * another image had moves to it, and that image may dangle from then on.
 * `tagImage()` and `untagImage()` change names alone. `removeImage()` takes one
 * name away; with the last one go the record and the layers that nothing else
 * needs. An image that a container was made of stays.
 *
 * Images are given by full ID, by reference (short ones as registries.conf says),
 * by name and digest, or by a unique prefix of their ID, three digits or more.
 *
 * All calls may be made at once, also by other processes: locks of
 * containers/storage order them, and nobody sees half an image. A call that is
 * aborted, or whose process dies, leaves the store as it was, but for layers that
 * are whole, and parts of blobs that the next pull goes on with.
 *
 * @example
 * ```ts
 * import { ImageServer, openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * const images = new ImageServer(agent);
 * for (const { id, names } of await images.listImages()) {
 *   console.log(id, names);
 * }
 * async function pull(name: string): Promise<string> {
 *   const signal = AbortSignal.timeout(600_000);
 *   const { imageId } = await images.pullImage(name, { signal });
 *   return imageId;
 * }
 * ```
 */
export class ImageServer {
  /** As it was given. */
  readonly agent: AgentHandle;
  readonly #agent: Agent;

  /**
   * Makes one of an agent.
   *
   * @param agent From `openAgent()`.
   */
  constructor(agent: AgentHandle) {
    this.agent = agent;
    this.#agent = insideOf(agent);
  }

  /**
   * Lists images.
   *
   * @param filter A name or ID; one that is unknown makes an empty list.
   */
  async listImages(
    filter?: string,
    options?: Abortable,
  ): Promise<readonly ImageSummary[]> {
    if (!filter) return await listImages(this.#agent, options);
    try {
      return [await inspectImage(this.#agent, filter, options)];
    } catch (error) {
      if (error instanceof ImageNotFoundError) return [];
      throw error;
    }
  }

  /**
   * Describes one image in full.
   *
   * @throws {ImageNotFoundError} If it is unknown.
   */
  imageStatus(nameOrId: string, options?: Abortable): Promise<ImageDetails> {
    return inspectImage(this.#agent, nameOrId, options);
  }

  /**
   * Pulls an image from a registry, an OCI layout or an archive.
   *
   * @throws {RegistryError} If the registry does not give it.
   * @throws {InvalidManifestError} If it breaks its specification.
   * @throws {BlobMismatchError} If bytes are not as promised.
   * @throws {InvalidLayerError} If a layer is damaged or hostile.
   * @throws {NoSpaceError} If the disk is too small.
   */
  pullImage(name: string, options?: PullOptions): Promise<StoredImage> {
    return pullImage(this.#agent, name, options);
  }

  /**
   * Describes an image elsewhere in full, and stores nothing.
   *
   * @param name With a transport: `docker://quay.io/a/b:1`, `oci:DIR`.
   * @throws As {@linkcode ImageServer.pullImage}, for what it needs.
   */
  lookUpImage(
    name: string,
    options?: LookUpImageOptions,
  ): Promise<ImageLookup> {
    return lookUpImage(this.#agent, name, options);
  }

  /**
   * Fetches the manifest or index that a name stands for, unchanged; or the list in
   * this store, if there is one.
   *
   * @throws As {@linkcode ImageServer.pullImage}, for what it needs.
   */
  lookUpManifest(
    name: string,
    options?: RegistryOptions,
  ): Promise<RawManifest> {
    return lookUpManifest(this.#agent, name, options);
  }

  /**
   * Lists the tags of a repository in a registry.
   *
   * @param name Without a tag.
   * @throws {RegistryError} If there is no such repository.
   */
  listTags(name: string, options?: ListTagsOptions): Promise<RepositoryTags> {
    return listRepositoryTags(this.#agent, name, options);
  }

  /**
   * Explains how a name is resolved: registries, mirrors, certificates, proxies,
   * the source of the login, and the files that define them. Nothing is fetched.
   *
   * @throws {SyntaxError} If the name, or a file of registries.conf, is malformed.
   */
  explainReference(
    name: string,
    options?: ExplainOptions,
  ): Promise<Explanation> {
    const { registries } = this.#agent;
    return explainReference(name, { ...registries, ...options });
  }

  /**
   * Lists the running pulls into this store, also those of other processes, the
   * oldest first.
   */
  listPulls(): readonly PullStatus[] {
    return listPulls(this.#agent);
  }

  /**
   * Loads all images of an archive, as `docker save` and `podman save` write them,
   * or of an OCI layout in a directory.
   *
   * @param input A path, or what is piped.
   * @returns Each image when it is loaded; those before a failure stay.
   * @throws {NotFoundError} If there is no such file.
   * @throws As {@linkcode ImageServer.pullImage}.
   */
  loadImages(
    input: string | ReadableStream<Bytes>,
    options?: LoadOptions,
  ): AsyncGenerator<StoredImage, void, void> {
    return loadImages(this.#agent, input, options);
  }

  /**
   * Pushes an image to a registry, or to a directory or an archive.
   *
   * @throws {ImageNotFoundError} If it is unknown.
   * @throws {RegistryError} If the registry does not take it.
   */
  pushImage(nameOrId: string, options?: PushOptions): Promise<PushedImage> {
    return pushImage(this.#agent, nameOrId, options);
  }

  /**
   * Saves images into an archive or a directory.
   *
   * @throws {ImageNotFoundError} If one is unknown; then nothing is written.
   * @throws {InvalidManifestError} If something else is at the path.
   */
  saveImages(
    namesOrIds: readonly string[],
    options: SaveOptions,
  ): Promise<void> {
    return saveImages(this.#agent, namesOrIds, options);
  }

  /**
   * Copies an image between registries, stores, directories and archives.
   *
   * @throws {NotFoundError} If there is no such image.
   * @throws {ChangedDigestError} If digests are to be kept, and cannot.
   */
  copyImage(route: CopyRoute, options?: CopyOptions): Promise<CopiedImage> {
    return copyReference(this.#agent, route, options);
  }

  /**
   * Whether an image could be pulled with these options: asks the registry.
   *
   * @throws As {@linkcode ImageServer.pullImage}, for other reasons than that
   *   it is not there or not allowed.
   */
  canPull(name: string, options?: PullOptions): Promise<boolean> {
    return canPull(this.#agent, name, options);
  }

  /**
   * Removes a name, and with the last one the image.
   *
   * @throws {ImageNotFoundError} If it is unknown.
   * @throws {InUseError} If a container was made from it.
   * @throws {PolicyError} If it is pinned.
   */
  removeImage(
    nameOrId: string,
    options?: RemoveImageOptions,
  ): Promise<RemovedImage> {
    return removeImage(this.#agent, nameOrId, options);
  }

  /**
   * Adds a name to an image.
   *
   * @returns The full name.
   * @throws {ImageNotFoundError} If it is unknown.
   */
  tagImage(
    nameOrId: string,
    name: string,
    options?: Abortable,
  ): Promise<string> {
    return tagImage(this.#agent, nameOrId, { ...options, name });
  }

  /**
   * Removes names from an image, all of them if none is given. The image stays.
   *
   * @returns The names that were taken away.
   * @throws {ImageNotFoundError} If it is unknown, or a name is not its.
   */
  untagImage(
    nameOrId: string,
    names?: readonly string[],
    options?: Abortable,
  ): Promise<readonly string[]> {
    return untagImage(this.#agent, nameOrId, {
      ...options,
      ...names && { names },
    });
  }

  /**
   * Pins an image: no cleanup removes it, and `removeImage()` only if told so.
   *
   * @returns The image's ID.
   * @throws {ImageNotFoundError} If it is unknown.
   */
  pinImage(nameOrId: string, options?: Abortable): Promise<string> {
    return pinImage(this.#agent, nameOrId, { ...options, state: "pinned" });
  }

  /**
   * Unpins an image, also one that is pinned by a pattern or as the pause image.
   *
   * @returns The image's ID.
   * @throws {ImageNotFoundError} If it is unknown.
   */
  unpinImage(nameOrId: string, options?: Abortable): Promise<string> {
    return pinImage(this.#agent, nameOrId, { ...options, state: "unpinned" });
  }

  /**
   * The full names that a typed name may stand for, in the order in which they
   * are tried: more than one only for short names.
   *
   * @throws {SyntaxError} If the name is malformed.
   * @throws {InvalidImageNameError} If nothing says which registry is meant.
   */
  async resolveNames(
    name: string,
    options: RegistryOptions = {},
  ): Promise<readonly string[]> {
    const { registries } = this.#agent;
    const conf = await loadRegistriesConf({ ...registries, ...options });
    return candidatesFor(name, conf).map(nameOf);
  }
}
