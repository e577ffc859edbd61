/** `orlop gc`. */

import { prune, type PruneItem } from "../../runtime/prune.ts";
import type { Call } from "../command.ts";
import { formatSize, parseDuration } from "../human.ts";
import { openSession } from "../open_session.ts";
import { shortId } from "../short_id.ts";
import { showJson } from "../show_list.ts";
import type { GC } from "../table/store_commands.ts";

/** Cleans up, or tells what would go; the plan is what is done. */
export async function run(call: Call<typeof GC>): Promise<void> {
  const { flags, terminal, signal } = call;
  const isDry = flags["dry-run"];
  const minLayerAgeMs = parseDuration(flags["layer-age"]) * 1000;
  const { wait } = flags;
  using session = openSession(call, {
    lockTimeoutMs: wait === undefined ? undefined : wait * 1000,
  });
  const plan = await prune(session.agent, {
    action: isDry ? "plan" : "remove",
    minLayerAgeMs,
    signal,
  });
  const bytes = plan.reduce((sum, item) => sum + item.bytes, 0);
  if (flags.format === "json") {
    return showJson({ dryRun: isDry, bytes, items: plan }, terminal);
  }
  if (plan.length === 0 || call.config.isQuiet) return;
  const verb = isDry ? "Would remove" : "Removed";
  for (const item of plan) terminal.print(`${verb} ${describe(item)}`);
  const total = formatSize(bytes);
  terminal.print(isDry ? `Would free ${total}` : `Freed ${total}`);
}

function describe({ kind, id, reason, bytes }: PruneItem): string {
  const name = kind === "leftover" ? id : shortId(id);
  return `${kind} ${name} (${formatSize(bytes)}): ${reason}`;
}
