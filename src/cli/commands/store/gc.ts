/** `orlop gc`. */

import { writeCleanupMetrics } from "../../../engine/cleanup/cleanup_metrics.ts";
import type { CleanupItem } from "../../../engine/cleanup/cleanup_plan.ts";
import type { CleanupStatus } from "../../../engine/cleanup/cleanup_status.ts";
import { prune, type PruneReport } from "../../../engine/cleanup/prune.ts";
import type { Call } from "../../command.ts";
import { EXIT } from "../../exit_code.ts";
import { cleanupRequest } from "../../input/flags/cleanup_request.ts";
import { openSession } from "../../open_session.ts";
import {
  describeProblems,
  describeRemoved,
  reportToJson,
} from "../../render/cleanup_text.ts";
import { formatSize } from "../../../formats/config/byte_size.ts";
import { checkFormat, showList } from "../../render/show_list.ts";
import type { Column } from "../../render/table_text.ts";
import { isTemplate } from "../../render/template/read_format.ts";
import type { GC } from "../../table/store_commands.ts";

type GcCall = Call<typeof GC>;

/** Cleans up, or prints the plan, which is exactly what would be done. */
export async function run(call: GcCall): Promise<number> {
  const { flags, signal } = call;
  const { wait, metrics } = flags;
  const isDry = flags["dry-run"];
  const request = cleanupRequest(flags);
  checkFormat(flags.format, { plain: "text" });
  using session = openSession(call, {
    lockTimeoutMs: wait === undefined ? undefined : wait * 1000,
  });
  const { agent } = session;
  let status: CleanupStatus | undefined;
  const onStatus = (ended: CleanupStatus) => void (status = ended);
  try {
    const action = isDry ? "plan" : "remove";
    const report = await prune(agent, { ...request, action, signal, onStatus });
    show(report, call);
    return exitCodeFor(report);
  } finally {
    // Also after a failure, for monitoring.
    if (metrics !== undefined && status !== undefined) {
      writeCleanupMetrics(metrics, status);
    }
  }
}

function show(
  report: PruneReport,
  { flags, config, terminal }: GcCall,
): void {
  const options = { isDry: flags["dry-run"] };
  if (flags.format === "json") {
    return terminal.print(JSON.stringify(reportToJson(report, options)));
  }
  if (isTemplate(flags.format)) {
    const rows = options.isDry ? report.plan.items : report.removed;
    const { format } = flags;
    showList(
      { rows, columns: COLUMNS, json: (rows) => rows },
      { format },
      terminal,
    );
  } else if (!config.isQuiet) {
    for (const line of describeRemoved(report, options)) terminal.print(line);
  }
  for (const line of describeProblems(report)) terminal.tell(line);
}

/** The template fields of each removed object. */
const COLUMNS: readonly Column<CleanupItem>[] = [
  { header: "KIND", field: "Kind", text: ({ kind }) => kind },
  { header: "ID", field: "ID", text: ({ id }) => id },
  { header: "NAME", field: "Name", text: ({ name }) => name },
  { header: "SIZE", field: "Size", text: ({ bytes }) => formatSize(bytes) },
  { header: "REASON", field: "Reason", text: ({ reason }) => reason },
];

/** 0 only if nothing is left to do, so that cron notices. */
function exitCodeFor({ plan, failed }: PruneReport): number {
  if (failed.length > 0) return EXIT.failed;
  return plan.shortfall > 0 ? EXIT.inUse : EXIT.ok;
}
