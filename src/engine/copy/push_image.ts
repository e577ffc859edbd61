/** Pushes an image of the store to a registry, or to wherever else it is to go. */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type { ImageMedium } from "../../formats/oci/image_medium.ts";
import { familiarName, parseReference } from "../../formats/oci/reference.ts";
import {
  hasTransport,
  parseTransportReference,
} from "../../formats/oci/transport_reference.ts";
import { parseManifest } from "../../formats/oci/manifest.ts";
import {
  formatOf,
  type ManifestFormat,
} from "../../formats/oci/rewrite_manifest.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import { isManifestRefused } from "../../registry/upload/push_manifest.ts";
import type { Agent } from "../agent.ts";
import { openMediumSink } from "../media/medium_sink.ts";
import { type MediumReference, openMedium } from "../media/open_medium.ts";
import type { CopyForm } from "../media/plan_copy.ts";
import { openStoreSource } from "../media/store_source.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";
import { copyImage } from "../transfer/copy_image.ts";

/** How to push. */
export interface PushOptions extends RegistryOptions, CopyForm {
  /** Where to: a name, or one with a transport; left out, the image's own name. */
  readonly destination?: string | undefined;
  /** Told how it goes on. */
  readonly onEvent?: OnPullEvent | undefined;
}

/** An image that was pushed. */
export interface PushedImage {
  /** Of its manifest, where it is now. */
  readonly digest: Digest;
}

/**
 * Pushes an image of the store. Blobs that are there already are not sent: then its
 * manifest, and so its digest, stays the same. Layers that are sent are compressed.
 *
 * @throws {ImageNotFoundError} If it is unknown.
 * @throws {InvalidImageNameError} If nothing says where to.
 * @throws {UnauthorizedError} If credentials are missing or wrong.
 * @throws {RegistryError} If the registry does not take it.
 */
export async function pushImage(
  agent: Agent,
  image: string,
  options: PushOptions = {},
): Promise<PushedImage> {
  const { signal } = options;
  using stored = await openStoreSource(agent, image, { signal });
  const target = readDestination(image, options.destination ?? stored.name);
  const onWarning = (message: string) => agent.log("warn", message);
  await using medium = await openMedium(agent, target, {
    ...agent.registries,
    onWarning,
    ...options,
  });
  const name = nameOfTarget(target);
  const move = { source: stored.source, medium };
  const { digest } = await copyInAnyFormat(move, {
    ...options,
    ...{ name, onWarning },
  });
  await medium.commit({ signal });
  return { digest };
}

/** What stands there without a transport is a name in a registry. */
function readDestination(
  image: string,
  text: string | undefined,
): MediumReference {
  if (text === undefined) {
    throw new InvalidImageNameError(
      `Cannot push "${image}": an ID does not say where to; give a ` +
        "destination, such as quay.io/org/app:1",
    );
  }
  if (!hasTransport(text)) {
    return { transport: "docker", reference: parseReference(text) };
  }
  const target = parseTransportReference(text);
  if (target.transport !== "containers-storage") return target;
  throw new InvalidImageNameError(
    `Cannot push to "${text}": it is a store already; use orlop copy or ` +
      "orlop tag",
  );
}

function nameOfTarget(target: MediumReference): string {
  switch (target.transport) {
    case "docker":
      return familiarName(target.reference);
    case "docker-daemon":
      return target.transport;
    case "oci":
    case "oci-archive":
    case "docker-archive":
    case "dir":
      return `${target.transport}:${target.path}`;
  }
}

type NamedOptions = PushOptions & Abortable & {
  readonly name: string;
  readonly onWarning: (message: string) => void;
};

/**
 * Some registries take no OCI manifests, others only these. Blobs are there by then:
 * unless the user wants one format, the other one is tried.
 */
async function copyInAnyFormat(
  { source, medium }: {
    readonly source: ImageSource;
    readonly medium: ImageMedium;
  },
  options: NamedOptions,
): Promise<Descriptor> {
  const copy = (more: CopyForm = {}) =>
    copyImage(source, openMediumSink(medium, { ...options, ...more }), {
      ...options,
      otherPlatform: "accept",
    });
  try {
    return await copy();
  } catch (error) {
    const other = await otherFormat(source, options);
    if (!isManifestRefused(error) || other === undefined) throw error;
    options.onWarning(
      `the registry does not take this kind of manifest; trying ${other}`,
    );
    try {
      return await copy({ format: other });
    } catch (second) {
      options.signal?.throwIfAborted();
      // What the image is itself says more.
      throw isManifestRefused(second) ? error : second;
    }
  }
}

async function otherFormat(
  source: ImageSource,
  { format, packing, preserveDigests, signal }: NamedOptions,
): Promise<ManifestFormat | undefined> {
  const isFixed = format !== undefined || preserveDigests ||
    packing?.format === "zstd";
  if (isFixed) return undefined;
  const { bytes, digest, mediaType } = await source.fetchManifest(undefined, {
    signal,
  });
  const manifest = parseManifest({ bytes, digest, mediaType });
  return formatOf(manifest.mediaType) === "oci" ? "v2s2" : "oci";
}
