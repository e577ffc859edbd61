/** A container in which tests run scripts. */

import {
  type ExecSyncResponse,
  RuntimeService,
} from "../../../../src/cri/api/api_pb.js";
import type { CriNode } from "../../../support/nodes/cri_node.ts";
import { HOST_NETWORK } from "../../../support/nodes/node_here.ts";

/** A container that is made, not started. */
export interface ScriptedContainer {
  readonly pod: string;
  readonly id: string;
  /** Runs a script in it, or in another one; without a limit of seconds. */
  run(
    script: string,
    options?: { readonly timeout?: bigint; readonly containerId?: string },
  ): Promise<ExecSyncResponse>;
}

/** Makes a pod and a container, whose variable WORD is `hi`. */
export async function makeScripted(node: CriNode): Promise<ScriptedContainer> {
  const pod = await node.runPod("web", HOST_NETWORK);
  const id = await node.create(pod, "app", {
    changes: { envs: [{ key: "WORD", value: new Uint8Array([104, 105]) }] },
  });
  return {
    ...{ pod, id },
    run: async (script, { timeout = 0n, containerId = id } = {}) =>
      await node.client.call(RuntimeService.method.execSync, {
        ...{ containerId, cmd: ["sh", "-c", script], timeout },
      }),
  };
}
