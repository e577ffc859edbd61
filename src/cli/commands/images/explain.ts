/** `orlop explain`. */

import type { ProbeResult } from "../../../engine/lookup/explain_endpoint.ts";
import {
  explainReference,
  type Explanation,
} from "../../../engine/lookup/explain_reference.ts";
import type { Call } from "../../command.ts";
import { EXIT, exitCodeFor } from "../../exit_code.ts";
import {
  platformOption,
  registryOptions,
} from "../../input/flags/registry_options.ts";
import { openLog } from "../../open_log.ts";
import { explainText } from "../../render/explain_text.ts";
import { showJson } from "../../render/show_list.ts";
import type { EXPLAIN } from "../../table/lookup_commands.ts";

/** Explains a name; the exit code shows whether it can be pulled. */
export async function run(call: Call<typeof EXPLAIN>): Promise<number> {
  const { flags, config, terminal, signal } = call;
  const [name] = call.arguments;
  using sink = openLog(config, call);
  const explained = await explainReference(name, {
    ...await registryOptions(call),
    platform: platformOption(flags),
    probe: flags.probe ? "ask" : "none",
    onWarning: (message) => sink.log("warn", message),
    signal,
  });
  if (flags.format === "json") showJson(explained, terminal);
  else terminal.print(explainText(explained, terminal));
  return flags.probe ? probeCode(explained) : configCode(explained);
}

/** The exit code for configuration with which a pull would fail. */
function configCode({ names }: Explanation): number {
  const asked = names.flatMap(({ endpoints }) => endpoints)
    .filter(({ refusal }) => refusal === undefined);
  const isBroken = asked.some(({ problems }) => problems.length > 0);
  return isBroken ? EXIT.failed : EXIT.ok;
}

/**
 * 0 if one endpoint has the image; otherwise the code of the most severe failure.
 */
function probeCode({ names }: Explanation): number {
  if (names.length === 0) return EXIT.ok;
  const probes = names.flatMap(({ endpoints }) => endpoints)
    .flatMap(({ probe }) => probe === undefined ? [] : [probe]);
  if (probes.length === 0) return EXIT.refused;
  if (probes.some(({ ok }) => ok)) return EXIT.ok;
  return Math.max(...probes.map(codeOf));
}

function codeOf(probe: ProbeResult): number {
  return probe.ok ? EXIT.ok : exitCodeFor(probe.category);
}
