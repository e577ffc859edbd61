/** Leads clients to ports of pods. */

import type { Abortable } from "../../../errors/abort.ts";
import { InUseError } from "../../../errors/store_errors.ts";
import { connectInNamespace } from "../../../process/libc_sockets.ts";
import type { PortForwardRequest } from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { findOwnPod } from "../state/find_objects.ts";

/**
 * Makes a URL by which a client reaches ports of a pod, as its containers do on
 * their loopback addresses.
 *
 * @throws {InvalidSandboxIdError} If there is no such pod.
 * @throws {InUseError} If it does not run.
 */
export async function portForward(
  { agent, objects, streaming }: RuntimeContext,
  { podSandboxId, port: ports }: PortForwardRequest,
  { signal }: CallContext,
): Promise<{ readonly url: string }> {
  const { id, sandbox } = await findOwnPod(objects, podSandboxId, {
    ...{ verb: "forward ports of", command: "pod inspect", signal },
  });
  if (sandbox.state !== "ready") {
    throw new InUseError(
      `Cannot forward ports of pod "${id}": it does not run`,
      [id],
    );
  }
  const { libc } = agent.store;
  const netns = sandbox.namespaces.network;
  const open = (port: number, options: Required<Abortable>) =>
    connectInNamespace(libc, { netns, port }, options);
  return { url: streaming.portForward(open, { ports }) };
}
