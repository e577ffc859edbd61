/** Runs commands in containers to their end: probes, and hooks of pods. */

import { execSync as runInContainer } from "../../../engine/monitor/exec_sync.ts";
import type { ExecSyncRequest, ExecSyncResponse } from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { toMilliseconds } from "../state/milliseconds.ts";
import { checkCommand, findRunning } from "./find_running.ts";

// A message takes 16 MiB, and both outputs are in one.
const MAX_OUTPUT = 7 * 1024 * 1024;

/**
 * Runs a command in a container to its end.
 *
 * @throws {TypeError} If there is no command.
 * @throws {ContainerNotFoundError} If there is no such container.
 * @throws {InUseError} If it does not run.
 * @throws {ExecTimeoutError} If it exceeds its time limit.
 */
export async function execSync(
  context: RuntimeContext,
  { containerId, cmd, timeout }: ExecSyncRequest,
  { signal }: CallContext,
): Promise<Pick<ExecSyncResponse, "stdout" | "stderr" | "exitCode">> {
  checkCommand(cmd);
  const { id } = await findRunning(context, containerId, { signal });
  const { exitCode, stdout, stderr } = await runInContainer(context.agent, id, {
    command: cmd,
    timeoutMs: toMilliseconds(timeout),
    maxOutput: MAX_OUTPUT,
    signal,
  });
  return { exitCode, stdout, stderr };
}
