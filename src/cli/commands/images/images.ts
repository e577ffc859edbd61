/** `orlop images`. */

import {
  type ImageSummary,
  inspectImage,
  listImages,
  readLabels,
} from "../../../engine/images/list_images.ts";
import type { Call } from "../../command.ts";
import { readImageFilters } from "../../input/flags/image_filters.ts";
import { openSession } from "../../open_session.ts";
import {
  imageColumns,
  imageFields,
  type ImageRow,
  imageToJson,
  rowsOf,
} from "../../render/image_rows.ts";
import { showList } from "../../render/show_list.ts";
import { isTemplate } from "../../render/template/read_format.ts";
import type { LIST_IMAGES } from "../../table/image_commands.ts";

/** Lists images, the newest first. */
export async function run(call: Call<typeof LIST_IMAGES>): Promise<void> {
  const { flags, terminal, signal } = call;
  const [name] = call.arguments;
  using session = openSession(call, { purpose: "read" });
  const { agent } = session;
  const labelsOf = ({ id }: ImageSummary) => readLabels(agent, id);
  const fits = await readImageFilters([
    ...flags.filter,
    ...name === undefined ? [] : [`reference=${name}`],
  ], {
    readLabels: labelsOf,
    findTime: async (name) =>
      Date.parse((await inspectImage(agent, name, { signal })).created),
  });
  const images = await listImages(agent, { signal });
  const rows = images.flatMap(rowsOf).filter(fits);
  const isWhole = flags["no-trunc"];
  const hasDigests = flags.digests || isTemplate(flags.format);
  showList(
    {
      rows: rows.toSorted(ORDERS[flags.sort]),
      columns: imageColumns(isWhole)
        .filter(({ field }) => hasDigests || field !== "Digest"),
      fields: imageFields(labelsOf),
      json: (rows) =>
        [...new Set(rows.map(({ image }) => image))].map(imageToJson),
      id: ({ image: { id } }) => isWhole ? `sha256:${id}` : id.slice(0, 12),
    },
    flags,
    terminal,
  );
}

/** The newest first; all else by podman's orders. */
const ORDERS = {
  created: ({ image: a }: ImageRow, { image: b }: ImageRow) =>
    Date.parse(b.created) - Date.parse(a.created),
  id: ({ image: a }: ImageRow, { image: b }: ImageRow) => compare(a.id, b.id),
  repository: (a: ImageRow, b: ImageRow) => compare(a.repository, b.repository),
  size: ({ image: a }: ImageRow, { image: b }: ImageRow) => a.size - b.size,
  tag: (a: ImageRow, b: ImageRow) => compare(a.tag, b.tag),
} as const;

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
