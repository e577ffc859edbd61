/** The check of the OCI runtime that containers run by. */

import { whyOf } from "../../errors/why.ts";
import { runCommand } from "../../process/run_command.ts";
import { findRuntime } from "../runtimes/find_runtime.ts";
import type { ExamineOptions } from "./examine_options.ts";
import { about, type Finding } from "./finding.ts";
import { isAtLeast } from "./version.ts";

/** Looks for the runtime that is used, and at its version. */
export async function lookAtRuntime(
  { node, signal }: ExamineOptions,
): Promise<readonly Finding[]> {
  try {
    const program = findRuntime(node?.runtime);
    const { stdout } = await runCommand(program, ["--version"], { signal });
    return [assessRuntime(program, stdout)];
  } catch (error) {
    const { warn, fail } = about("runtime");
    const found = whyOf(error);
    return [
      node?.isServed
        ? fail(
          found,
          "Pods need one: install it, or correct runtime in [serve]",
        )
        : warn(found, "Only orlop run needs one: install runc or crun"),
    ];
  }
}

// runc hands a descriptor of the host to containers before it: CVE-2024-21626.
const FIXED = [1, 1, 12] as const;
// Debian's fixes of it, by the release: its packages keep the version.
const DEBIAN_FIXED: Readonly<Record<string, number>> = { "11": 3, "12": 1 };

/** Whether a runtime is known to let containers out. */
export function assessRuntime(program: string, text: string): Finding {
  const { ok, warn } = about("runtime");
  const found = `${program}: ${text.split("\n")[0] ?? ""}`;
  const version = /^runc version (\d+)\.(\d+)\.(\d+)/.exec(text);
  if (version === null || isAtLeast(version.slice(1).map(Number), FIXED)) {
    return ok(found);
  }
  const debian = /^commit: .*\+deb(\d+)u(\d+)$/m.exec(text);
  const fix = DEBIAN_FIXED[debian?.[1] ?? ""];
  if (fix !== undefined && Number(debian?.[2]) >= fix) {
    return ok(`${found}, with Debian's fix of CVE-2024-21626`);
  }
  return warn(
    `${found}, which is vulnerable to CVE-2024-21626`,
    `Install runc ${FIXED.join(".")} or later, unless its package has the fix`,
  );
}
