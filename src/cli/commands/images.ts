/** `orlop images`. */

import {
  type ImageSummary,
  listImages,
  readLabels,
} from "../../runtime/list_images.ts";
import type { Call } from "../command.ts";
import {
  imageColumns,
  imageFields,
  type ImageRow,
  imageToJson,
  rowsOf,
} from "../image_rows.ts";
import { openSession } from "../open_session.ts";
import { matchesPattern, readFilters, readTruth } from "../read_filters.ts";
import { showList } from "../show_list.ts";
import { isTemplate } from "../template/read_format.ts";
import type { LIST_IMAGES } from "../table/image_commands.ts";

/** Lists images, the newest first. */
export async function run(call: Call<typeof LIST_IMAGES>): Promise<void> {
  const { flags, terminal, signal } = call;
  const [name] = call.arguments;
  const filters = [
    ...flags.filter,
    ...name === undefined ? [] : [`reference=${name}`],
  ];
  const fits = readFilters<ImageRow>(filters, {
    dangling: ({ image }, value) =>
      readTruth(value) === (image.names.length === 0),
    reference: matchesName,
    id: ({ image }, value) => image.id.startsWith(value),
    used: ({ image }, value) => readTruth(value) === image.usedBy.length > 0,
    pinned: ({ image }, value) => readTruth(value) === image.pinned,
  });
  using session = openSession(call);
  const images = await listImages(session.agent, { signal });
  const rows = images.toSorted(compareAge).flatMap(rowsOf).filter(fits);
  const isWhole = flags["no-trunc"];
  const hasDigests = flags.digests || isTemplate(flags.format);
  showList(
    {
      rows,
      columns: imageColumns(isWhole)
        .filter(({ field }) => hasDigests || field !== "Digest"),
      fields: imageFields(({ id }) => readLabels(session.agent, id)),
      json: (rows) =>
        [...new Set(rows.map(({ image }) => image))].map(imageToJson),
      id: ({ image: { id } }) => isWhole ? `sha256:${id}` : id.slice(0, 12),
    },
    flags,
    terminal,
  );
}

function compareAge(a: ImageSummary, b: ImageSummary): number {
  return Date.parse(b.created) - Date.parse(a.created);
}

/** Takes full names, and ends of them from a slash on: `app`, `org/app:1`. */
function matchesName(
  { image, repository, tag }: ImageRow,
  pattern: string,
): boolean {
  const parts = repository.split("/");
  const ends = parts.map((_, index) => parts.slice(index).join("/"));
  return image.id.startsWith(pattern) && pattern.length >= 12 ||
    ends.some((end) =>
      matchesPattern(end, pattern) || matchesPattern(`${end}:${tag}`, pattern)
    );
}
