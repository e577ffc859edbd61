/** What control groups of both versions have in common. */

import type { Amount } from "./cgroup_usage.ts";

/** Of x86-64 and arm64, as control groups name them. */
export const HUGEPAGE_SIZES: readonly string[] = [
  ...["64KB", "2MB", "32MB", "512MB", "1GB", "16GB"],
];

/** Parses `cgroup.procs`, in which an ID may come twice. */
export function readProcessIds(text = ""): readonly number[] {
  const ids = text.split("\n").filter((line) => /^[1-9]\d{0,9}$/.test(line));
  return [...new Set(ids.map(Number))];
}

/** An amount without a part; the whole amount if the part is not measured. */
export function minus(whole: Amount, part: Amount): Amount {
  if (whole === undefined || part === undefined) return whole;
  return whole > part ? whole - part : 0n;
}
