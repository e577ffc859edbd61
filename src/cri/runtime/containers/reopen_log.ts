/** Opens logs again that a kubelet has moved away. */

import { reopenLog } from "../../../engine/monitor/reopen_log.ts";
import { InUseError } from "../../../errors/store_errors.ts";
import type { ReopenContainerLogRequest } from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { findOwnContainer } from "../state/find_objects.ts";
import { isRunning } from "./list_containers.ts";

/**
 * Lets a container's log begin a new file.
 *
 * @throws {ContainerNotFoundError} If there is no such container.
 * @throws {InUseError} If it does not run.
 */
export async function reopenContainerLog(
  { agent, objects }: RuntimeContext,
  { containerId }: ReopenContainerLogRequest,
  { signal }: CallContext,
): Promise<Record<never, never>> {
  const { id, note } = await findOwnContainer(objects, containerId, {
    ...{ verb: "reopen the log of", command: "logs", signal },
  });
  const { status } = note;
  if (!isRunning(status)) {
    throw new InUseError(
      `Cannot reopen the log of container "${id}": it is not running`,
      [id],
    );
  }
  if (status.logPath === "") return {};
  await reopenLog(agent, id, { logPath: status.logPath, signal });
  return {};
}
