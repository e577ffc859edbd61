/** The cleanup request of the flags of `orlop gc`. */

import type {
  CleanupRequest,
  CleanupTarget,
} from "../../../engine/cleanup/cleanup_plan.ts";
import type { Call } from "../../command.ts";
import { parseDuration, parseSize } from "../../render/human.ts";
import type { GC } from "../../table/store_commands.ts";
import { UsageError } from "../../usage_error.ts";

type GcFlags = Call<typeof GC>["flags"];

/**
 * Reads the flags.
 *
 * @throws {UsageError} If they contradict each other.
 */
export function cleanupRequest(flags: GcFlags): CleanupRequest {
  const olderThan = flags["older-than"];
  const { keep } = flags;
  if (keep !== undefined && !Number.isInteger(keep)) {
    throw new UsageError(
      `Cannot use "--keep=${keep}": a whole number is needed`,
    );
  }
  return {
    target: readTarget(flags),
    images: flags.all ? "unused" : undefined,
    olderThanMs: olderThan === undefined ? undefined : toMs(olderThan),
    keep,
    containers: flags.containers,
    leftoverAgeMs: toMs(flags["leftover-age"]),
  };
}

function readTarget(
  { free, high, low }: Pick<GcFlags, "free" | "high" | "low">,
): CleanupTarget | undefined {
  if (free !== undefined && (high ?? low) !== undefined) {
    throw new UsageError(
      `Cannot use "--free" with "--high" or "--low": use the one or the others`,
    );
  }
  if (free !== undefined) {
    return free.endsWith("%")
      ? { kind: "free-share", share: readShare("free", free) }
      : { kind: "free", bytes: parseSize(free) };
  }
  if (high === undefined && low === undefined) return undefined;
  if (high === undefined) {
    throw new UsageError(`Cannot use "--low" without "--high"`);
  }
  const marks = {
    high: readShare("high", high),
    low: readShare("low", low ?? high),
  };
  if (marks.low <= marks.high) return { kind: "marks", ...marks };
  throw new UsageError(
    `Cannot use "--low=${low}": it is above "--high=${high}"`,
  );
}

/** Reads `85%` or `85`. */
function readShare(flag: string, text: string): number {
  const percent = /^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) {
    return Number(percent) / 100;
  }
  throw new UsageError(
    `Cannot use "--${flag}=${text}": write a percentage, such as 85%`,
  );
}

function toMs(duration: string): number {
  return parseDuration(duration) * 1000;
}
