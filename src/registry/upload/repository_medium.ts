/** A repository in a registry as a destination of images. */

import type { Abortable } from "../../errors/abort.ts";
import { BlobMismatchError, RegistryError } from "../../errors/image_errors.ts";
import type { RawManifest } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { type Digest, isDigest } from "../../formats/oci/digest.ts";
import type {
  ImageMedium,
  OutgoingBlob,
  WrittenBlob,
} from "../../formats/oci/image_medium.ts";
import { isFromElsewhere } from "../send_request.ts";
import { discardBody } from "../read_body.ts";
import { isPage, pushErrorOf } from "./push_answers.ts";
import { pushManifest } from "./push_manifest.ts";
import { uploadBlob } from "./upload_blob.ts";
import { type UploadAccess, UploadSession } from "./upload_session.ts";
import { UploadStyle } from "./upload_style.ts";

/** What a {@linkcode RepositoryMedium} is made of. */
export interface RepositoryMediumOptions {
  readonly access: UploadAccess;
  /** The tag or digest that its image gets. */
  readonly name: string;
  /** What the user calls the image, for errors. */
  readonly title: string;
  /** Other repositories of the registry that may have a blob, by their paths. */
  readonly mountFrom?:
    | ((digest: Digest) => Promise<readonly string[]>)
    | undefined;
  /** What is kept of a blob until the server has it, in bytes; 5 MiB. */
  readonly chunkSize?: number | undefined;
  /** What ends with it. */
  readonly connection: Disposable;
}

// Each costs a request, and a login.
const MAX_MOUNTS = 2;

/** A repository that is written to. Several blobs may be put at once. */
export class RepositoryMedium implements ImageMedium {
  /** All types are tried; a registry refuses those that it does not support. */
  readonly manifestTypes: readonly string[] = [];
  /** Compressed for the network. */
  readonly layers = "compressed";
  readonly #options: RepositoryMediumOptions;
  readonly #style: UploadStyle;
  /** Uploads that the server began instead of a mount. */
  readonly #begun = new Map<Digest, UploadSession>();

  /** Sends nothing yet. */
  constructor(options: RepositoryMediumOptions) {
    this.#options = options;
    this.#style = new UploadStyle(options.chunkSize);
  }

  /** Such as `https://quay.io/v2/prometheus/busybox/`. */
  get url(): URL {
    return new URL(this.#options.access.url);
  }

  /**
   * Looks for a blob, here and then in other repositories, from which it is mounted.
   *
   * @throws {UnauthorizedError} If the login may not look.
   */
  async has(
    { digest, size }: Pick<Descriptor, "digest" | "size">,
    options: Abortable = {},
  ): Promise<boolean> {
    if (await this.#hasBlob(digest, { ...options, size })) return true;
    return await this.#mount(digest, options);
  }

  /** Uploads a blob. @throws As {@linkcode uploadBlob}. */
  async put(
    blob: OutgoingBlob,
    options: Abortable = {},
  ): Promise<WrittenBlob> {
    const { access } = this.#options;
    const session = blob.digest && this.#begun.get(blob.digest);
    if (blob.digest !== undefined) this.#begun.delete(blob.digest);
    return await uploadBlob(access, blob, {
      ...options,
      what: this.#failureOf(blob),
      style: this.#style,
      session,
      has: (digest) => this.#hasBlob(digest, options),
    });
  }

  /** Puts a manifest: the named one gets the tag. @throws As `pushManifest()`. */
  async putManifest(
    manifest: RawManifest,
    options: Abortable & { readonly isNamed?: boolean } = {},
  ): Promise<void> {
    const { access, name, title } = this.#options;
    const asked = options.isNamed ? name : manifest.digest;
    if (isDigest(asked) && asked !== manifest.digest) {
      throw new BlobMismatchError(
        `Cannot push "${title}": its manifest is ${manifest.digest}`,
      );
    }
    const { signal } = options;
    await pushManifest(access, manifest, { name: asked, title, signal });
  }

  /** All was visible at once. */
  commit(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends uploads that were begun, and all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = [...this.#begun.values()];
    this.#begun.clear();
    await Promise.all(sessions.map((session) => session.cancel()));
    this.#options.connection[Symbol.dispose]();
  }

  async #hasBlob(
    digest: Digest,
    { size, signal }: Abortable & { readonly size?: number },
  ): Promise<boolean> {
    const { access, title } = this.#options;
    const url = new URL(`blobs/${digest}`, access.url);
    const response = await access.sender.send(url, { method: "HEAD", signal });
    await discardBody(response);
    if (response.ok) {
      const length = response.headers.get("content-length");
      const isOther = length !== null && size !== undefined &&
        Number(length) !== size;
      return !isOther && !isPage(response);
    }
    // A blob store may not support HEAD.
    if (response.status === 404 || isFromElsewhere(response)) return false;
    if (response.status === 405) return false;
    throw await pushErrorOf(response, `Cannot push "${title}"`, {
      ...access.retry,
      signal,
    });
  }

  /**
   * If the mount is refused, the server begins an upload, which is kept for the
   * blob.
   */
  async #mount(digest: Digest, { signal }: Abortable): Promise<boolean> {
    const { access, mountFrom, title } = this.#options;
    const what = `Cannot push "${title}"`;
    const places = await mountFrom?.(digest) ?? [];
    for (const from of places.slice(0, MAX_MOUNTS)) {
      try {
        const mount = { digest, from };
        const begun = await UploadSession.start(access, {
          ...{ mount, what, signal },
        });
        if (begun === "mounted") return true;
        await this.#begun.get(digest)?.cancel();
        this.#begun.set(digest, begun);
      } catch (error) {
        signal?.throwIfAborted();
        // Without permission, or without support for mounts, it is uploaded.
        if (!(error instanceof RegistryError)) throw error;
      }
    }
    return false;
  }

  #failureOf({ kind, digest }: OutgoingBlob): string {
    const blob = digest === undefined ? `a ${kind}` : `${kind} "${digest}"`;
    return `Cannot push ${blob} of "${this.#options.title}"`;
  }
}
