/** Opens archives to write images to. */

import type { Abortable } from "../../errors/abort.ts";
import type { ImageMedium } from "../../formats/oci/image_medium.ts";
import { nameOf } from "../../formats/oci/reference.ts";
import { openOutput } from "../../transports/archives/archive_output.ts";
import { openDockerArchiveMedium } from "../../transports/archives/docker_archive_medium.ts";
import { openOciArchiveMedium } from "../../transports/archives/oci_archive_medium.ts";
import type { Agent } from "../agent.ts";
import type { ArchiveReference } from "./open_archives.ts";
import { Spool } from "./spool.ts";

/**
 * Opens an archive to write images to. As in containers/image, an OCI archive
 * replaces an existing file, a Docker archive does not.
 *
 * @throws {DuplicateNameError} If there is a file that must not be replaced.
 */
export async function openArchiveMedium(
  agent: Agent,
  reference: ArchiveReference,
  { signal }: Abortable = {},
): Promise<ImageMedium> {
  const output = await openOutput(reference.path, {
    existing: reference.transport === "oci-archive" ? "replace" : "refuse",
    space: new Spool(agent),
    signal,
  });
  if (reference.transport === "oci-archive") {
    return openOciArchiveMedium(output, { ref: reference.ref });
  }
  const name = reference.reference && nameOf(reference.reference);
  return openDockerArchiveMedium(output, { name });
}
