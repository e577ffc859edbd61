/** Pushes an image of the store to a registry or another medium. */

import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import { familiarName, parseReference } from "../../formats/oci/reference.ts";
import {
  hasTransport,
  parseTransportReference,
} from "../../formats/oci/transport_reference.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import type { Agent } from "../agent.ts";
import { type MediumReference, openMedium } from "../media/open_medium.ts";
import type { CopyForm } from "../media/plan_copy.ts";
import { openStoreSource } from "../media/store_source.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";
import { copyInAnyFormat } from "./copy_in_any_format.ts";

/** How to push. */
export interface PushOptions extends RegistryOptions, CopyForm {
  /**
   * The destination: a name, or a reference with a transport.
   *
   * @default {the image's own name}
   */
  readonly destination?: string | undefined;
  /**
   * Receives progress events.
   *
   * @default {none}
   */
  readonly onEvent?: OnPullEvent | undefined;
}

/** An image that was pushed. */
export interface PushedImage {
  /** The digest of its manifest, at the destination. */
  readonly digest: Digest;
}

/**
 * Pushes an image of the store. Blobs that are there already are not sent: then its
 * manifest, and so its digest, stays the same. Layers that are sent are compressed.
 *
 * @throws {ImageNotFoundError} If it is unknown.
 * @throws {InvalidImageNameError} If there is no destination.
 * @throws {UnauthorizedError} If credentials are missing or wrong.
 * @throws {RegistryError} If the registry refuses it.
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
  const move = { source: stored.source, medium };
  const { digest } = await copyInAnyFormat(move, {
    ...options,
    name: nameOfTarget(target),
    otherPlatform: "accept",
    onWarning,
  });
  await medium.commit({ signal });
  return { digest };
}

/** A destination without a transport is a name in a registry. */
function readDestination(
  image: string,
  text: string | undefined,
): MediumReference {
  if (text === undefined) {
    throw new InvalidImageNameError(
      `Cannot push "${image}": an ID names no destination; specify a ` +
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
