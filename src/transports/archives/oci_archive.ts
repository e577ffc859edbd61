/** Images in archives of OCI layouts: OCI image-spec v1.1, image-layout.md. */

import {
  type LayoutPlace,
  openLayoutAt,
  readIndexAt,
  REF_NAME,
} from "../layout_source.ts";
import type { ArchivedImage } from "./image_archive.ts";
import type { ArchiveFile } from "./open_archive.ts";

/** Docker's and containerd's: the other annotation is just a tag there. */
const FULL_NAME = "io.containerd.image.name";

/**
 * Lists the images of an archive.
 *
 * @throws {NotFoundError} If it has no `oci-layout`, or no `index.json`.
 * @throws {InvalidManifestError} If they are malformed.
 */
export async function readOciArchive(
  archive: ArchiveFile,
): Promise<readonly ArchivedImage[]> {
  const place = archivePlace(archive);
  const { manifests } = await readIndexAt(place);
  return manifests.map(({ annotations = {} }, index) => ({
    // An empty name is none, as in containers/image.
    names: [annotations[REF_NAME] || []].flat(),
    fullNames: [annotations[FULL_NAME] || annotations[REF_NAME] || []].flat(),
    isNamedInFull: (annotations[FULL_NAME] ?? "") !== "",
    open: ({ signal } = {}) => {
      signal?.throwIfAborted();
      return openLayoutAt(place, { index });
    },
  }));
}

function archivePlace(archive: ArchiveFile): LayoutPlace {
  return {
    name: archive.name,
    reach: [archive.path],
    // Of several members of one name the last is what unpacking leaves.
    // deno-lint-ignore require-await -- folders have to wait
    find: async (part) => archive.find(part, "last"),
  };
}
