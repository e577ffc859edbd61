/** `orlop top`. */

import { listProcesses } from "../../../engine/processes/list_processes.ts";
import { parseProcessStat } from "../../../formats/process_status.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import {
  DEFAULT_DESCRIPTORS,
  DESCRIPTOR_NAMES,
  isDescriptor,
  nowTicks,
  processColumns,
} from "../../render/processes/process_columns.ts";
import { tableText } from "../../render/table_text.ts";
import type { TOP } from "../../table/process_commands.ts";
import { UsageError } from "../../usage_error.ts";

/** Lists what runs in a container. */
export async function run(call: Call<typeof TOP>): Promise<void> {
  const { terminal, libc, signal } = call;
  const [name, ...words] = call.arguments;
  const typed = words.flatMap((word) => word.split(",")).filter(Boolean);
  const wanted = typed.length > 0 ? typed : DEFAULT_DESCRIPTORS;
  const unknown = wanted.find((name) => !isDescriptor(name));
  if (unknown !== undefined) throw badDescriptor(unknown);
  using session = openSession(call, { purpose: "read" });
  const { processes, ...names } = await listProcesses(session.agent, name, {
    signal,
  });
  const own = parseProcessStat(libc?.readProcessFile(Deno.pid, "stat") ?? "");
  const { readUserNames } = await import("../../input/read_user_names.ts");
  const columns = processColumns(wanted, {
    ...names,
    hostUsers: readUserNames(),
    nowTicks: nowTicks(own?.startTicks ?? 0),
  });
  const width = terminal.columns;
  terminal.print(tableText(columns, processes, { width }));
}

function badDescriptor(typed: string): UsageError {
  return new UsageError(
    `Cannot show "${typed}" of processes: known are ` +
      `${DESCRIPTOR_NAMES.join(", ")}; a ps of the container's own runs by ` +
      `"orlop exec"`,
  );
}
