/** Looks at a machine and a store, and says what is wrong and what to do. */

import type { Abortable } from "../abort.ts";
import type { Libc } from "../process/libc.ts";
import type { Check, Finding } from "./doctor_finding.ts";
import { hostChecks } from "./doctor_host.ts";
import { overlayCheck } from "./doctor_overlay.ts";
import { permissionChecks } from "./doctor_permissions.ts";
import { storeChecks } from "./doctor_store.ts";
import { whyOf } from "../why.ts";

/** What to look at. */
export interface Patient extends Abortable {
  readonly root: string;
  readonly runRoot: string;
  readonly libc: Libc | undefined;
  /** The environment, as far as it may be read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The variables of {@linkcode Patient.env} that matter. */
export const PROXY_NAMES: readonly string[] = [
  ...["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"],
  ...["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"],
];

/** Looks at everything. It changes nothing but for a trial that it removes. */
export async function examine(patient: Patient): Promise<readonly Finding[]> {
  const checks = [
    ...hostChecks(patient),
    overlayCheck(patient),
    ...storeChecks(patient),
    ...permissionChecks(patient),
  ];
  const findings: Finding[] = [];
  for (const check of checks) {
    patient.signal?.throwIfAborted();
    findings.push(...await lookAt(check));
  }
  return findings;
}

async function lookAt({ name, look }: Check): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const found = whyOf(error);
    const advice = "Without an answer to this the rest may be wrong, too";
    return [{ check: name, state: "fail", found, advice }];
  }
}
