/** Images as lists show them: a row for each name. */

import { parseReference, repositoryOf } from "../formats/reference.ts";
import type { ImageSummary } from "../runtime/list_images.ts";
import { formatAge, formatSize } from "./human.ts";
import { shortId } from "./short_id.ts";
import type { Column } from "./table_text.ts";

/** An image under one of its names. */
export interface ImageRow {
  readonly image: ImageSummary;
  /** `"<none>"` if there is none, as podman has it. */
  readonly repository: string;
  readonly tag: string;
}

/** What stands for a name or a tag that is not there. */
const NONE = "<none>";

/** One row for each name; one for an image without. */
export function rowsOf(image: ImageSummary): ImageRow[] {
  if (image.names.length === 0) {
    return [{ image, repository: NONE, tag: NONE }];
  }
  return image.names.map((name) => ({ image, ...splitName(name) }));
}

/** Repository and tag of a name; other tools may have written any text. */
export function splitName(
  name: string,
): { readonly repository: string; readonly tag: string } {
  try {
    const reference = parseReference(name);
    return {
      repository: repositoryOf(reference),
      // A name with a digest is none with the tag "latest".
      tag: reference.digest === undefined ? reference.tag ?? NONE : NONE,
    };
  } catch {
    return { repository: name, tag: NONE };
  }
}

/** The columns of `orlop images`. */
export function imageColumns(
  { isWhole, hasDigests }: { isWhole: boolean; hasDigests: boolean },
): Column<ImageRow>[] {
  const columns: Column<ImageRow>[] = [
    {
      header: "REPOSITORY",
      field: "Repository",
      text: ({ repository }) => repository,
      isElastic: true,
    },
    { header: "TAG", field: "Tag", text: ({ tag }) => tag, isElastic: true },
    {
      header: "DIGEST",
      field: "Digest",
      text: ({ image }) => image.digest || NONE,
      isElastic: true,
    },
    {
      header: "IMAGE ID",
      field: "ID",
      text: ({ image: { id } }) => shortId(id, isWhole),
    },
    {
      header: "CREATED",
      field: "Created",
      text: ({ image }) => formatAge(new Date(image.created)),
    },
    {
      header: "SIZE",
      field: "Size",
      text: ({ image }) => formatSize(image.size),
    },
  ];
  return columns.filter(({ field }) => hasDigests || field !== "Digest");
}

/** An image as JSON, with podman's member names. */
export function imageToJson(image: ImageSummary): Record<string, unknown> {
  return {
    Id: image.id,
    Names: image.names,
    Digest: image.digest,
    RepoTags: image.names.filter((name) => !name.includes("@")),
    RepoDigests: image.repoDigests,
    Created: Math.floor(Date.parse(image.created) / 1000),
    CreatedAt: image.created,
    Size: image.size,
    Layers: image.layers,
    Containers: image.usedBy.length,
    UsedBy: image.usedBy,
    Pinned: image.pinned,
    LastUsed: image.lastUsed ?? null,
  };
}
