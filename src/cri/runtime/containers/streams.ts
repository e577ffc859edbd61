/** Makes URLs for clients that run commands in containers, or attach to them. */

import { openAttach } from "../../../engine/monitor/open_attach.ts";
import { openExec } from "../../../engine/monitor/open_exec.ts";
import type { AttachRequest, ExecRequest } from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import type { WantedStreams } from "../../streaming/streaming_server.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { checkCommand, findRunning } from "./find_running.ts";

/**
 * Makes a URL by which a client runs a command in a container.
 *
 * @throws {TypeError} If there is no command, or its streams cannot be meant.
 * @throws {ContainerNotFoundError} If there is no such container.
 * @throws {InUseError} If it does not run.
 */
export async function exec(
  context: RuntimeContext,
  { containerId, cmd, ...request }: ExecRequest,
  call: CallContext,
): Promise<{ readonly url: string }> {
  checkCommand(cmd);
  const { id } = await findRunning(context, containerId, call);
  const { agent, streaming } = context;
  const { tty: terminal, stdin } = request;
  const open = (signal: AbortSignal) =>
    openExec(agent, id, { command: cmd, terminal, stdin, signal });
  return { url: streaming.exec(open, toStreams(request)) };
}

/**
 * Makes a URL by which a client is attached to a container's process.
 *
 * @throws {TypeError} If its streams cannot be meant.
 * @throws {ContainerNotFoundError} If there is no such container.
 * @throws {InUseError} If it does not run.
 */
export async function attach(
  context: RuntimeContext,
  { containerId, ...request }: AttachRequest,
  call: CallContext,
): Promise<{ readonly url: string }> {
  const { id, note } = await findRunning(context, containerId, call);
  const { agent, streaming } = context;
  const stdin = request.stdin && note.config.stdin;
  const open = () =>
    openAttach(agent, id, { stdin, terminal: note.config.tty });
  return { url: streaming.attach(open, toStreams(request)) };
}

function toStreams(
  { stdin, stdout, stderr, tty }: Pick<
    ExecRequest,
    "stdin" | "stdout" | "stderr" | "tty"
  >,
): WantedStreams {
  return { stdin, stdout, stderr, terminal: tty };
}
