/** Images as lists show them: a row for each name. */

import type { ImageSummary } from "../../engine/images/list_images.ts";
import { parseReference, repositoryOf } from "../../formats/oci/reference.ts";
import { formatSize } from "../../formats/config/byte_size.ts";
import { formatAge } from "./human.ts";
import { shortId } from "./short_id.ts";
import type { FieldTable } from "./show_list.ts";
import type { Column } from "./table_text.ts";
import { GoMap, GoTime } from "./template/go_values.ts";

/** An image under one of its names. */
export interface ImageRow {
  readonly image: ImageSummary;
  /** `"<none>"` if there is none, as podman has it. */
  readonly repository: string;
  readonly tag: string;
}

/** The image's labels, which its config has. */
export type ReadLabels = (
  image: ImageSummary,
) => Readonly<Record<string, string>>;

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

/** All columns that `orlop images` may show. */
export function imageColumns(isWhole: boolean): Column<ImageRow>[] {
  return [
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
    { header: "CREATED", field: "Created", text: ageOf },
    {
      header: "SIZE",
      field: "Size",
      text: ({ image }) => formatSize(image.size),
    },
  ];
}

/** What else templates can show, under podman's names. */
export function imageFields(readLabels: ReadLabels): FieldTable<ImageRow> {
  return {
    Id: ({ image }) => image.id,
    Names: ({ image }) => image.names,
    RepoTags: ({ image }) => tagsOf(image),
    RepoDigests: ({ image }) => image.repoDigests,
    History: ({ image }) => image.names.join(", "),
    CreatedSince: ageOf,
    CreatedAt: wholeSecond,
    CreatedTime: wholeSecond,
    Labels: ({ image }) => new GoMap(Object.entries(readLabels(image))),
    Containers: ({ image }) => image.usedBy.length,
    UsedBy: ({ image }) => image.usedBy,
    Dangling: ({ image }) => image.names.length === 0,
    ReadOnly: () => false,
    VirtualSize: ({ image }) => image.size,
    Layers: ({ image }) => image.layers,
    Pinned: ({ image }) => image.pinned,
    LastUsed: ({ image: { lastUsed } }) =>
      lastUsed === undefined ? null : new GoTime(lastUsed),
  };
}

/** An image as JSON, with podman's member names. */
export function imageToJson(image: ImageSummary): Record<string, unknown> {
  return {
    Id: image.id,
    Names: image.names,
    Digest: image.digest,
    RepoTags: tagsOf(image),
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

function tagsOf({ names }: ImageSummary): readonly string[] {
  return names.filter((name) => !name.includes("@"));
}

/** As podman shows it. */
function wholeSecond({ image }: ImageRow): GoTime {
  return new GoTime(image.created.replace(/\.\d+/, ""));
}

function ageOf({ image }: ImageRow): string {
  return formatAge(new Date(image.created));
}
