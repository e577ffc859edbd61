/** `orlop ps`. */

import type { Agent } from "../../../engine/agent.ts";
import {
  type ContainerSummary,
  listContainers,
} from "../../../engine/containers/list_containers.ts";
import { readTemplate } from "../../../engine/parse_stored.ts";
import type { RuntimeSpec } from "../../../formats/oci/runtime_spec.ts";
import type { Call } from "../../command.ts";
import { readContainerFilters } from "../../input/flags/container_filters.ts";
import { openSession } from "../../open_session.ts";
import {
  CONTAINER_HEADINGS,
  containerColumns,
  containerFields,
  containerToJson,
  type ReadSpec,
} from "../../render/container_columns.ts";
import { shortId } from "../../render/short_id.ts";
import { showList } from "../../render/show_list.ts";
import { isTemplate } from "../../render/template/read_format.ts";
import type { LIST_CONTAINERS } from "../../table/container_commands.ts";

/** Lists containers, the newest first. */
export async function run(call: Call<typeof LIST_CONTAINERS>): Promise<void> {
  const { flags, terminal, signal } = call;
  using session = openSession(call, { purpose: "read" });
  const readSpec: ReadSpec = (one) => readOwnSpec(session.agent, one);
  const fits = readContainerFilters(flags.filter, readSpec);
  const all = await listContainers(session.agent, { signal });
  const rows = all.filter(fits).toSorted((a, b) =>
    Date.parse(b.created) - Date.parse(a.created)
  );
  const isWhole = flags["no-trunc"];
  const hasOwner = isTemplate(flags.format) ||
    rows.some(({ owner }) => owner !== "orlop");
  showList(
    {
      rows,
      columns: containerColumns({ isWhole, hasOwner }),
      fields: containerFields(isWhole, readSpec),
      headings: CONTAINER_HEADINGS,
      json: (rows) => rows.map(containerToJson),
      id: ({ id }) => shortId(id, isWhole),
    },
    flags,
    terminal,
  );
}

function readOwnSpec(
  agent: Agent,
  { id, owner }: ContainerSummary,
): RuntimeSpec | undefined {
  // Other tools store theirs elsewhere, or in another format.
  if (owner !== "orlop") return undefined;
  try {
    return readTemplate(agent, id);
  } catch {
    return undefined; // The list continues; inspect reports the error.
  }
}
