/** Runtime handlers: the OCI runtimes that pods can name. */

import { basename } from "@std/path";
import { CommandError } from "../../errors/store_errors.ts";
import { findRuntime } from "../../engine/containers/oci_runtime.ts";
import type { RuntimeSettings } from "./runtime_context.ts";

// Those that take the same command line.
const KNOWN = ["runc", "crun"] as const;

/** The names that a pod may ask for; the default one is `""`. */
export function listHandlers(
  { runtime }: Pick<RuntimeSettings, "runtime">,
): readonly string[] {
  const others = KNOWN.filter(isInstalled);
  const own = runtime === undefined ? [] : [basename(runtime)];
  return [...new Set(["", ...own, ...others])];
}

/** The runtime that a handler stands for; undefined for the first installed. */
export function runtimeOf(
  { runtime }: Pick<RuntimeSettings, "runtime">,
  handler: string,
): string | undefined {
  if (handler === "") return runtime;
  const isOwn = runtime !== undefined && basename(runtime) === handler;
  return isOwn ? runtime : handler;
}

function isInstalled(name: string): boolean {
  try {
    findRuntime(name);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
