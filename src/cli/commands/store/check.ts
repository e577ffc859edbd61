/** `orlop check`. */

import {
  type RepairStep,
  repairStore,
} from "../../../engine/check/repair_store.ts";
import type { CheckedObject } from "../../../engine/check/checked_object.ts";
import { writeCheckMetrics } from "../../../engine/check/check_metrics.ts";
import {
  type CheckOptions,
  type CheckReport,
  checkStore,
} from "../../../engine/check/check_store.ts";
import type { CheckProgress } from "../../../engine/check/read_content.ts";
import type { Call } from "../../command.ts";
import { EXIT } from "../../exit_code.ts";
import { registryOptions } from "../../input/flags/registry_options.ts";
import { badFlag } from "../../input/flags/flag_value.ts";
import { openSession } from "../../open_session.ts";
import {
  describeObject,
  describeStep,
  summarizeCheck,
} from "../../render/check_text.ts";
import { parseDuration, parseSize } from "../../render/human.ts";
import { shortId } from "../../render/short_id.ts";
import { checkFormat, showJson, showList } from "../../render/show_list.ts";
import type { Column } from "../../render/table_text.ts";
import { isTemplate } from "../../render/template/read_format.ts";
import type { CHECK } from "../../table/store_commands.ts";

type CheckCall = Call<typeof CHECK>;

/** Checks the store, and reports damage. */
export async function run(call: CheckCall): Promise<number> {
  const { flags, signal } = call;
  checkFormat(flags.format, { plain: "text" });
  const options = {
    ...readLimits(flags),
    depth: flags.full ? "full" : "quick",
    onLayer: (progress: CheckProgress) => tellLayer(progress, call),
    signal,
  } as const;
  const { report, steps } = flags.repair
    ? await repair(call, options)
    : await check(call, options);
  // Before the metrics, which may fail to be written.
  show({ report, steps }, call);
  if (flags.metrics !== undefined) {
    writeCheckMetrics(flags.metrics, report.status);
  }
  return report.status.damaged.length > 0 ? EXIT.failed : EXIT.ok;
}

/** The findings and repairs. */
interface Outcome {
  readonly report: CheckReport;
  /** Only of a repair. */
  readonly steps?: readonly RepairStep[] | undefined;
}

async function check(call: CheckCall, options: CheckOptions): Promise<Outcome> {
  Deno.permissions.revokeSync({ name: "net" });
  using session = openSession(call, { purpose: "read" });
  return { report: await checkStore(session.agent, options) };
}

async function repair(
  call: CheckCall,
  options: CheckOptions,
): Promise<Outcome> {
  const { flags, terminal } = call;
  const pull = await registryOptions(call);
  using session = openSession(call, { purpose: "read" });
  const { steps, check } = await repairStore(session.agent, {
    ...options,
    action: flags["dry-run"] ? "plan" : "repair",
    lost: flags.force ? "drop" : "keep",
    pull,
    onStep(step) {
      if (flags.format === "text") terminal.print(describeStep(step));
    },
  });
  return { report: check, steps };
}

function readLimits(flags: CheckCall["flags"]) {
  const { rate, "time-limit": limit, full } = flags;
  for (const [name, value] of Object.entries({ rate, "time-limit": limit })) {
    if (value === undefined || full) continue;
    throw badFlag(name, value, "it is for --full, which reads content");
  }
  for (const name of ["dry-run", "force"] as const) {
    if (!flags[name] || flags.repair) continue;
    throw badFlag(name, "true", "it is for --repair");
  }
  const bytes = rate === undefined ? undefined : parseSize(rate);
  if (bytes === 0) throw badFlag("rate", rate ?? "", "nothing would be read");
  return {
    rate: bytes,
    timeLimitMs: limit === undefined ? undefined : parseDuration(limit) * 1000,
  };
}

/** Only on a terminal: leftovers are reported at the end. */
function tellLayer(
  { id, position, count }: CheckProgress,
  { terminal, config }: CheckCall,
): void {
  if (config.isQuiet || terminal.errorSize === undefined) return;
  terminal.tell(`Reading layer ${shortId(id)}, ${position} of ${count}`);
}

function show(
  { report, steps }: Outcome,
  { flags, terminal, config }: CheckCall,
): void {
  const { status, objects, unread, unverifiable } = report;
  if (flags.format === "json") {
    const { verified: _verified, ...rest } = status;
    return showJson(
      { ...rest, unread, unverifiable, objects, ...(steps && { steps }) },
      terminal,
    );
  }
  const found = objects.filter(({ state }) => state !== "ok");
  if (isTemplate(flags.format)) {
    const { format } = flags;
    const listing = { rows: found, columns: COLUMNS, json: () => found };
    return showList(listing, { format }, terminal);
  }
  for (const object of found) {
    if (object.state === "leftover" && config.isQuiet) continue;
    for (const line of describeObject(object, terminal)) terminal.print(line);
  }
  if (!config.isQuiet) terminal.print(summarizeCheck(report));
}

/** The template fields of each damaged object. */
const COLUMNS: readonly Column<CheckedObject>[] = [
  { header: "KIND", field: "Kind", text: ({ kind }) => kind },
  { header: "ID", field: "ID", text: ({ id }) => id },
  { header: "NAME", field: "Name", text: ({ name }) => name },
  { header: "STATE", field: "State", text: ({ state }) => state },
  { header: "FAULT", field: "Fault", text: ({ faults }) => faults.join("; ") },
  { header: "ADVICE", field: "Advice", text: ({ advice = "" }) => advice },
];
