/** Pods that a command acts on. */

import type { Agent } from "../../engine/agent.ts";
import { listPods } from "../../engine/containers/list_containers.ts";
import type { Abortable } from "../../errors/abort.ts";
import { chooseNames } from "./choose_names.ts";

/**
 * Chooses the pods that are named, or all of them by `--all`.
 *
 * @throws {UsageError} If nothing is named, or something beside `--all`.
 */
export function choosePods(
  agent: Agent,
  names: readonly string[],
  { all, signal }: Abortable & { readonly all: boolean },
): Promise<readonly string[]> {
  return chooseNames(names, { all, what: "pod" }, async () => {
    const pods = await listPods(agent, { signal });
    return pods.flatMap(({ infra }) => infra?.id ?? []);
  });
}
