/** Copies an image between any two transports. */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { Platform } from "../../formats/oci/descriptor.ts";
import { type Digest, hexOf } from "../../formats/oci/digest.ts";
import type { ImageSink, ResolvedImage } from "../../formats/oci/image_sink.ts";
import {
  type ImageName,
  nameOf,
  type Reference,
} from "../../formats/oci/reference.ts";
import {
  hasTransport,
  parseTransportReference,
  type StoreReference,
} from "../../formats/oci/transport_reference.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import type { Agent } from "../agent.ts";
import { convertImage } from "../media/convert_image.ts";
import { type MediumReference, openMedium } from "../media/open_medium.ts";
import { openSource } from "../media/open_source.ts";
import { openStoreOf } from "../media/other_store.ts";
import type { CopyForm } from "../media/plan_copy.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";
import { copyImage } from "../transfer/copy_image.ts";
import { openStoreSink, type StoredImage } from "../transfer/store_sink.ts";
import { copyInAnyFormat } from "./copy_in_any_format.ts";
import { copyIndex } from "./copy_index.ts";

/** How to copy. */
export interface CopyOptions extends Abortable, CopyForm {
  /**
   * How to connect to the source registry.
   *
   * @default {from configuration files}
   */
  readonly source?: RegistryOptions | undefined;
  /**
   * How to connect to the destination registry.
   *
   * @default {from configuration files}
   */
  readonly destination?: RegistryOptions | undefined;
  /**
   * Which image of an index.
   *
   * @default {this machine's}
   */
  readonly platform?: Platform | undefined;
  /**
   * Of an index: the image for the platform, all with the index, or the index
   * alone, whose images are there already.
   *
   * @default {"system"}
   */
  readonly multiArch?: "system" | "all" | "index-only" | undefined;
  /**
   * Further names at the destination, if it supports several.
   *
   * @default {[]}
   */
  readonly additionalTags?: readonly ImageName[] | undefined;
  /**
   * Receives progress events.
   *
   * @default {none}
   */
  readonly onEvent?: OnPullEvent | undefined;
}

/** An image that was copied. */
export interface CopiedImage {
  /** The digest of its manifest, or of its index, at the destination. */
  readonly digest: Digest;
}

/** Source and destination, with transports: `docker://busybox`, `oci:DIR:TAG`, … */
export interface CopyRoute {
  /** The source. */
  readonly from: string;
  /** The destination. */
  readonly to: string;
}

/**
 * Copies an image. It becomes visible only when it is complete.
 *
 * @throws {SyntaxError} If a reference is malformed.
 * @throws {NotFoundError} If there is no such image.
 * @throws {ChangedDigestError} If digests are to be preserved, but would change.
 */
export async function copyReference(
  agent: Agent,
  { from, to }: CopyRoute,
  options: CopyOptions = {},
): Promise<CopiedImage> {
  const { signal } = options;
  requireTransport(from, "source");
  requireTransport(to, "destination");
  const target = parseTransportReference(to);
  const onWarning = (message: string) => agent.log("warn", message);
  const opening = { ...agent.registries, onWarning, signal };
  await using opened = await openSource(agent, from, {
    ...opening,
    ...options.source,
  });
  const { source } = opened;
  const rest = { ...options, name: from, onWarning };
  if (target.transport === "containers-storage") {
    return await copyToStore(agent, { source, target }, rest);
  }
  return await copyToMedium(agent, { source, target }, {
    ...rest,
    destination: { ...opening, ...options.destination },
  });
}

/** Copies need an explicit transport: short names are for pulls. */
function requireTransport(text: string, role: string): void {
  if (hasTransport(text)) return;
  throw new InvalidImageNameError(
    `Cannot use "${text}" as the ${role}: it names no transport; use ` +
      "docker://NAME, containers-storage:NAME, oci:DIR[:REF], dir:DIR, " +
      "oci-archive:FILE[:REF] or docker-archive:FILE[:NAME]",
  );
}

type NamedOptions = CopyOptions & { readonly name: string };

async function copyToMedium(
  agent: Agent,
  { source, target }: {
    readonly source: ImageSource;
    readonly target: MediumReference;
  },
  options: NamedOptions,
): Promise<CopiedImage> {
  const { additionalTags, multiArch = "system" } = options;
  const { retry } = options.source ?? {};
  await using medium = await openMedium(agent, target, {
    ...options.destination,
    from: registryNameIn(options.name),
  });
  const copying = {
    ...{ ...options, retry, names: additionalTags },
    otherPlatform: "accept",
  } as const;
  const { digest } = multiArch === "system"
    ? await copyInAnyFormat({ source, medium }, copying)
    : await copyIndex(source, medium, { ...copying, multiArch });
  await medium.commit(options);
  return { digest };
}

function registryNameIn(text: string): Reference | undefined {
  const parsed = parseTransportReference(text);
  return parsed.transport === "docker" ? parsed.reference : undefined;
}

async function copyToStore(
  agent: Agent,
  { source, target }: {
    readonly source: ImageSource;
    readonly target: StoreReference;
  },
  options: NamedOptions,
): Promise<CopiedImage> {
  const { multiArch = "system", additionalTags = [], format } = options;
  if (multiArch !== "system") {
    throw new InvalidImageNameError(
      "Cannot copy all images of an index to a store: it takes one of them",
    );
  }
  const { reference } = target;
  const names = [
    ...reference === undefined ? [] : [nameOf(reference)],
    ...additionalTags,
  ];
  const owner = openStoreOf(agent, target, { purpose: "write" });
  const { retry } = options.source ?? {};
  const { onEvent } = options;
  const store = openStoreSink(owner, { names, retry, onEvent });
  const sink: ImageSink<StoredImage> = {
    ...store,
    receive(image, blobs, abortable) {
      const kept = format === undefined ? image : convertImage(image, format);
      checkId(kept, target);
      return store.receive(kept, blobs, abortable);
    },
  };
  return await copyImage(source, sink, { ...options, retry });
}

/** An ID in the destination must match the image. */
function checkId(
  { manifest: { config } }: ResolvedImage,
  { imageId = "" }: StoreReference,
): void {
  const id = hexOf(config.digest);
  if (id.startsWith(imageId)) return;
  throw new InvalidImageNameError(
    `Cannot copy to "@${imageId}": the ID of the image is "${id}"`,
  );
}
