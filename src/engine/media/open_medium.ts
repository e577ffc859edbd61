/** The only place that maps a typed destination to a medium. */

import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { ImageMedium } from "../../formats/oci/image_medium.ts";
import type { Reference } from "../../formats/oci/reference.ts";
import type {
  StoreReference,
  TransportReference,
} from "../../formats/oci/transport_reference.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import { openPush } from "../../registry/upload/open_push.ts";
import { openFolderMedium } from "../../transports/folder_medium.ts";
import { openLayoutMedium } from "../../transports/layout_medium.ts";
import type { Agent } from "../agent.ts";
import { findMountSources } from "./mount_sources.ts";
import { openArchiveMedium } from "./open_archive_medium.ts";

/** References to a medium: all transports except the store's. */
export type MediumReference = Exclude<TransportReference, StoreReference>;

/** How to open a medium. */
export interface OpenMediumOptions extends RegistryOptions {
  /** Where the images come from, if that is a registry. */
  readonly from?: Reference | undefined;
}

/**
 * Opens a medium to write images to.
 *
 * @throws {InvalidManifestError} If something else is there.
 * @throws {RegistryError} If the registry cannot be reached.
 */
export async function openMedium(
  agent: Agent,
  reference: MediumReference,
  options: OpenMediumOptions = {},
): Promise<ImageMedium> {
  options.signal?.throwIfAborted();
  switch (reference.transport) {
    case "oci":
      refusePosition(reference);
      return await openLayoutMedium(reference.path, {
        ...{ ref: reference.ref, signal: options.signal },
      });
    case "dir":
      return await openFolderMedium(reference.path, options);
    case "docker":
      return await openPush(reference.reference, {
        ...options,
        mountFrom: findMountSources(agent, {
          from: options.from,
          to: reference.reference,
        }),
      });
    case "oci-archive":
      refusePosition(reference);
      return await openArchiveMedium(
        agent,
        { ...reference, transport: "oci-archive" },
        options,
      );
    case "docker-archive":
      refusePosition(reference);
      return await openArchiveMedium(agent, reference, options);
    case "docker-daemon":
      throw new InvalidImageNameError(
        `Cannot write to transport "${reference.transport}": it is not ` +
          "supported",
      );
  }
}

/** A position can name an existing image, not a new one. */
function refusePosition(
  { transport, path, index }: {
    readonly transport: string;
    readonly path: string;
    readonly index?: number;
  },
): void {
  if (index === undefined) return;
  throw new InvalidImageNameError(
    `Cannot write to "${transport}:${path}:@${index}": a position names an ` +
      "image to read; give a name instead",
  );
}
