/** Examines a machine and a store, and reports problems and advice. */

import { whyOf } from "../../errors/why.ts";
import { hostChecks } from "./check_host.ts";
import { nodeChecks } from "./check_node.ts";
import { overlayCheck } from "./check_overlay.ts";
import { permissionChecks } from "./check_permissions.ts";
import { storeChecks } from "./check_store.ts";
import type { Check, Finding } from "./finding.ts";
import type { ExamineOptions } from "./examine_options.ts";

/**
 * Runs all checks. It changes nothing except for a test mount that it removes.
 *
 * @param patient Which machine, and which store; none need be there.
 * @returns The findings, in the order of the checks.
 * @example
 * ```ts
 * import { examine, takeLibc } from "orlop";
 * async function adviceFor(root: string): Promise<readonly string[]> {
 *   const options = { root, runRoot: `${root}/run`, libc: takeLibc(), env: {} };
 *   const findings = await examine(options);
 *   return findings.flatMap(({ advice }) => advice ?? []);
 * }
 * ```
 */
export async function examine(
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const checks = [
    ...hostChecks(options),
    ...nodeChecks(options),
    overlayCheck(options),
    ...storeChecks(options),
    ...permissionChecks(options),
  ];
  const findings: Finding[] = [];
  for (const check of checks) {
    options.signal?.throwIfAborted();
    findings.push(...await lookAt(check));
  }
  return findings;
}

async function lookAt({ name, look }: Check): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const found = whyOf(error);
    const advice = "Without this result, other results may be wrong";
    return [{ check: name, state: "fail", found, advice }];
  }
}
