/** `orlop pod ls`. */

import {
  listPods,
  type PodSummary,
} from "../../../engine/containers/list_containers.ts";
import type { Call } from "../../command.ts";
import {
  checkNamePattern,
  matchesPattern,
  readFilters,
} from "../../input/flags/read_filters.ts";
import { openSession } from "../../open_session.ts";
import { statusOf } from "../../render/container_columns.ts";
import { formatAge } from "../../render/human.ts";
import { podStatus, podToJson } from "../../render/pod_to_json.ts";
import { shortId } from "../../render/short_id.ts";
import { showList } from "../../render/show_list.ts";
import type { Column } from "../../render/table_text.ts";
import { GoMap } from "../../render/template/go_values.ts";
import type { LIST_PODS } from "../../table/pod_commands.ts";

/** Lists pods, the newest first. */
export async function run(call: Call<typeof LIST_PODS>): Promise<void> {
  const { flags, terminal, signal } = call;
  const fits = readFilters<PodSummary>(flags.filter, {
    name: ({ name }, value) => matchesPattern(name, value),
    id: ({ id }, value) => id.startsWith(value),
    namespace: ({ infra }, value) => infra?.metadata?.namespace === value,
  }, { name: checkNamePattern });
  using session = openSession(call, { purpose: "read" });
  const pods = await listPods(session.agent, { signal });
  const rows = pods.filter(fits).toSorted((a, b) =>
    Date.parse(b.created) - Date.parse(a.created)
  );
  const isWhole = flags["no-trunc"];
  showList(
    {
      rows,
      columns: podColumns(isWhole),
      fields: {
        Id: ({ id }) => id,
        InfraID: ({ infra }) => shortId(infra?.id ?? "", isWhole),
        Labels: () => new GoMap(),
        Networks: () => "",
        Namespace: ({ infra }) => infra?.metadata?.namespace ?? "",
        ContainerIds: ({ members }) =>
          members.map(({ id }) => shortId(id, isWhole)).join(","),
        ContainerNames: ({ members }) =>
          members.flatMap(({ names: [name = ""] }) => [name]).join(","),
        ContainerStatuses: ({ members }) => members.map(statusOf).join(","),
      },
      headings: { InfraID: "INFRA ID" },
      json: (rows) => rows.map(podToJson),
      id: ({ id }) => shortId(id, isWhole),
    },
    flags,
    terminal,
  );
}

function podColumns(isWhole: boolean): Column<PodSummary>[] {
  return [
    { header: "POD ID", field: "ID", text: ({ id }) => shortId(id, isWhole) },
    {
      header: "NAME",
      field: "Name",
      text: ({ name }) => name,
      isElastic: true,
    },
    {
      header: "STATUS",
      field: "Status",
      text: podStatus,
    },
    {
      header: "CREATED",
      field: "Created",
      text: ({ created }) => formatAge(new Date(created)),
    },
    {
      header: "# OF CONTAINERS",
      field: "NumberOfContainers",
      text: ({ members }) => String(members.length),
    },
  ];
}
