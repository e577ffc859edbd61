/** `orlop history`. */

import {
  type ImageDetails,
  inspectImage,
} from "../../../engine/images/list_images.ts";
import type { HistoryEntry } from "../../../formats/oci/image_config.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import { formatSize } from "../../../formats/config/byte_size.ts";
import { formatAge } from "../../render/human.ts";
import { shortId } from "../../render/short_id.ts";
import { showList } from "../../render/show_list.ts";
import { GoTime } from "../../render/template/go_values.ts";
import type { HISTORY } from "../../table/image_commands.ts";

interface Step extends HistoryEntry {
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  /** Of the image, at its last step. */
  readonly names: readonly string[];
}

/** Shows how an image was made, the last step first. */
export async function run(call: Call<typeof HISTORY>): Promise<void> {
  const { flags, terminal, signal } = call;
  const [name] = call.arguments;
  using session = openSession(call, { purpose: "read" });
  const image = await inspectImage(session.agent, name, { signal });
  const isWhole = flags["no-trunc"];
  const rows = stepsOf(image);
  showList<Step>(
    {
      rows,
      columns: [
        { header: "ID", field: "ID", text: ({ id }) => shortId(id, isWhole) },
        {
          header: "CREATED",
          field: "Created",
          text: ageOf,
        },
        {
          header: "CREATED BY",
          field: "CreatedBy",
          text: (step) => step.created_by ?? "",
          isElastic: true,
        },
        { header: "SIZE", field: "Size", text: ({ size }) => formatSize(size) },
        {
          header: "COMMENT",
          field: "Comment",
          text: ({ comment }) => comment ?? "",
          isElastic: true,
        },
      ],
      fields: {
        CreatedAt: ({ created }) => created ? new GoTime(created) : "",
        CreatedSince: ageOf,
        EmptyLayer: (step) => step.empty_layer,
        Tags: ({ names }) => names,
      },
      json: () => rows.map(({ names: _, ...step }) => step),
      id: ({ id }) => shortId(id, isWhole),
    },
    flags,
    terminal,
  );
}

function ageOf({ created }: Step): string {
  return created ? formatAge(new Date(created)) : "";
}

function stepsOf({ id, names, config, layerSizes }: ImageDetails): Step[] {
  let layer = 0;
  const steps = (config?.history ?? []).map((entry) => ({
    ...entry,
    id: "<missing>", // as podman has it: steps have no IDs of their own
    size: entry.empty_layer ? 0 : layerSizes[layer++] ?? 0,
    names: [],
  }));
  return steps.toReversed().map((step, index) =>
    index === 0 ? { ...step, id, names } : step
  );
}
