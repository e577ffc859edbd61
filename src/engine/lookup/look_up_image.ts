/** Describes an image that need not be in the store. */

import { RegistryError, UnauthorizedError } from "../../errors/image_errors.ts";
import type { Platform } from "../../formats/oci/descriptor.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type { ResolvedImage } from "../../formats/oci/image_sink.ts";
import { repositoryOf } from "../../formats/oci/reference.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import { listTags } from "../../registry/list_tags.ts";
import type { Agent } from "../agent.ts";
import { openSource } from "../media/open_source.ts";
import { digestOfImage, resolveImage } from "../transfer/resolve_image.ts";

/** An image somewhere else. */
export interface ImageLookup extends ResolvedImage {
  /** Such as `quay.io/a/b`; undefined if it is in no registry. */
  readonly repository: string | undefined;
  /** Of the manifest, or of the index that led to it. */
  readonly digest: Digest;
  /** All that the repository has; none if it is in no registry. */
  readonly tags: readonly string[];
}

/** How to look. */
export interface LookUpImageOptions extends RegistryOptions {
  /**
   * Of an index: which image.
   *
   * @default {this machine's}
   */
  readonly platform?: Platform | undefined;
  /**
   * `"skip"` asks for no tags.
   *
   * @default {"list"}
   */
  readonly tags?: "list" | "skip" | undefined;
}

/**
 * Fetches manifest and config of an image, and the tags that its repository has.
 *
 * @param name With a transport: `docker://quay.io/a/b:1`, `oci:DIR`.
 * @throws As `pullImage()` does, for what it needs.
 */
export async function lookUpImage(
  agent: Agent,
  name: string,
  options: LookUpImageOptions = {},
): Promise<ImageLookup> {
  const onWarning = (message: string) => agent.log("warn", message);
  const verb = "inspect";
  const opening = { ...agent.registries, onWarning, ...options, verb } as const;
  await using opened = await openSource(agent, name, opening);
  const image = await resolveImage(opened.source, { ...options, onWarning });
  const { reference } = opened;
  const tags = reference === undefined || options.tags === "skip"
    ? []
    : await listTags(reference, opening).catch((error) => {
      if (!isAccessDenied(error)) throw error;
      onWarning(`the tags are not shown: ${error.message}`);
      return [];
    });
  return {
    ...image,
    digest: digestOfImage(image),
    repository: reference && repositoryOf(reference),
    tags,
  };
}

/** Some registries allow pulls, but no lists of tags. */
function isAccessDenied(error: unknown): error is RegistryError {
  return error instanceof UnauthorizedError ||
    (error instanceof RegistryError && [401, 403].includes(error.status));
}
