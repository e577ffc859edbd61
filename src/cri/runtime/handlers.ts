/** Runtime handlers: the OCI runtimes that pods can name. */

import { basename } from "@std/path";
import { listRuntimes } from "../../engine/runtimes/find_runtime.ts";
import type { RuntimeSettings } from "./runtime_context.ts";

/** The names that a pod may ask for; the default one is `""`. */
export function listHandlers(
  { runtime }: Pick<RuntimeSettings, "runtime">,
): readonly string[] {
  const own = runtime === undefined ? [] : [basename(runtime)];
  return [...new Set(["", ...own, ...listRuntimes()])];
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
