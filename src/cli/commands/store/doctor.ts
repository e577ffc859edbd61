/** `orlop doctor`. */

import { examine } from "../../../engine/doctor/doctor.ts";
import type { Finding } from "../../../engine/doctor/finding.ts";
import {
  EXAMINE_ENV,
  type NodeSettings,
} from "../../../engine/doctor/examine_options.ts";
import { callersVariable } from "../../../process/callers_variable.ts";
import { isThere } from "../../../fs/if_there.ts";
import type { Call } from "../../command.ts";
import type { ServeTexts } from "../../input/config_file.ts";
import { networkPlaces } from "../../input/network_places.ts";
import { checkFormat, showJson } from "../../render/show_list.ts";
import { isTemplate, readTemplate } from "../../render/template/read_format.ts";
import type { Style } from "../../render/terminal.ts";
import { showOnOneLine } from "../../../formats/visible_text.ts";
import type { DOCTOR } from "../../table/store_commands.ts";

/** Shows all findings. */
export async function run(
  { flags, config, libc, terminal, signal }: Call<typeof DOCTOR>,
): Promise<number> {
  checkFormat(flags.format, { plain: "text" }); // looking takes a while
  const { root, runRoot } = config;
  const env = Object.fromEntries(
    EXAMINE_ENV.map((n) => [n, callersVariable(n)]),
  );
  const node = nodeOf(config.serve);
  const findings = await examine({ root, runRoot, libc, env, node, signal });
  const failed = findings.filter(({ state }) => state === "fail").length;
  if (flags.format === "json") {
    showJson(findings, terminal);
  } else if (isTemplate(flags.format)) {
    terminal.print(
      readTemplate(flags.format, { fields: FIELDS })(
        findings.map((finding) => ({ advice: "", ...finding })),
      ),
    );
  } else {
    const width = Math.max(...findings.map(({ check }) => check.length));
    for (const { check, state, found, advice } of findings) {
      const mark = terminal.paint(STYLES[state], state.padEnd(MARK_WIDTH));
      terminal.print(
        `${mark}  ${check.padEnd(width)}  ${showOnOneLine(found)}`,
      );
      if (advice === undefined) continue;
      terminal.print(
        " ".repeat(MARK_WIDTH + width + 4) + `→ ${showOnOneLine(advice)}`,
      );
    }
  }
  return failed > 0 ? 1 : 0;
}

// The unit of scripts/install --serve.
const UNIT = "/etc/systemd/system/orlop.service";

/** A machine is a node if it has settings or a unit for it. */
function nodeOf(serve: ServeTexts): NodeSettings {
  return {
    isServed: Object.keys(serve).length > 0 || isThere(UNIT),
    networks: networkPlaces(serve),
    cgroupManager: serve.cgroup_manager === "systemd" ? "systemd" : "cgroupfs",
    runtime: serve.runtime,
  };
}

const FIELDS = ["check", "state", "found", "advice"];
const MARK_WIDTH = 4;
const STYLES: Readonly<Record<Finding["state"], Style>> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
};
