/** `orlop stats`. */

import type { Agent } from "../../../engine/agent.ts";
import { listContainers } from "../../../engine/containers/list_containers.ts";
import {
  type ContainerMeasure,
  measureContainer,
  measureContainers,
} from "../../../engine/processes/measure_container.ts";
import { sleep } from "../../../errors/abort.ts";
import type { Call } from "../../command.ts";
import { badFlag } from "../../input/flags/flag_value.ts";
import { openSession } from "../../open_session.ts";
import { checkFormat, showList } from "../../render/show_list.ts";
import { tableText } from "../../render/table_text.ts";
import {
  type ContainerUse,
  useColumns,
  useToJson,
} from "../../render/processes/usage_columns.ts";
import type { STATS } from "../../table/process_commands.ts";

type StatsCall = Call<typeof STATS>;

/** Shows the resource usage of containers, once or repeatedly. */
export async function run(call: StatsCall): Promise<void> {
  const { flags, signal } = call;
  checkFormat(flags.format, { plain: "table" });
  if (!(flags.interval >= 1)) {
    throw badFlag("interval", String(flags.interval), "write whole seconds");
  }
  using session = openSession(call, { purpose: "read" });
  const { agent } = session;
  let before = new Map<string, ContainerMeasure>();
  for (let isFirst = true;; isFirst = false) {
    const measured = await measure(agent, call);
    show(
      measured.map((one) => ({ ...one, before: before.get(one.id) })),
      call,
      isFirst,
    );
    if (flags["no-stream"]) return;
    before = new Map(measured.map((one) => [one.id, one]));
    await sleep(flags.interval * 1000, { signal });
  }
}

/** The named containers, or all that still run. */
async function measure(
  agent: Agent,
  { arguments: names, signal }: StatsCall,
): Promise<readonly ContainerMeasure[]> {
  if (names.length > 0) {
    return await Promise.all(
      names.map((name) => measureContainer(agent, name, { signal })),
    );
  }
  const containers = await listContainers(agent, { signal });
  const running = containers.flatMap(({ id, names: [name = id], owner, pid }) =>
    owner === "orlop" && pid !== undefined ? [{ id, name }] : []
  );
  return await measureContainers(agent, running, { signal });
}

function show(
  rows: readonly ContainerUse[],
  { flags, terminal }: StatsCall,
  isFirst: boolean,
): void {
  const columns = useColumns(flags["no-trunc"]);
  const isLive = terminal.columns !== undefined &&
    terminal.errorSize !== undefined;
  if (isLive && !flags["no-stream"] && flags.format === "table") {
    const width = terminal.columns;
    terminal.draw(tableText(columns, rows, { width }).split("\n"));
    return;
  }
  const noheading = !isFirst;
  showList(
    { rows, columns, json: (rows) => rows.map(useToJson) },
    { ...flags, noheading },
    terminal,
  );
}
