/** Details of a container beside CRI's status, for debugging. */

import { directoriesOf } from "../../../engine/containers/container_metadata.ts";
import { tryReadTemplate } from "../../../engine/parse_stored.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import type { KnownContainer } from "../state/known_objects.ts";
import { readProcessId } from "./process_id.ts";

/** The members of a verbose answer; `info` is what crictl shows. */
export function describeContainer(
  { agent }: Pick<RuntimeContext, "agent">,
  { id, record, metadata }: KnownContainer,
): Record<string, string> {
  const { dir, runDir } = directoriesOf(agent, record);
  const info = {
    sandboxID: metadata.podId,
    pid: readProcessId(agent, id),
    names: record.names ?? [],
    layer: record.layer,
    workDirectory: dir,
    bundle: runDir,
    runtimeSpec: tryReadTemplate(agent, id),
  };
  return { info: JSON.stringify(info) };
}
