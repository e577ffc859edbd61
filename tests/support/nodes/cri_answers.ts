/** What a node answers, compared. */

import { assertEquals, assertRejects } from "@std/assert";
import { RuntimeService } from "../../../src/cri/api/api_pb.js";
import { StatusError } from "../grpc_client.ts";
import type { CriNode } from "./cri_node.ts";

const { method } = RuntimeService;

/** Codes of gRPC that calls fail with. */
export const CODE = {
  ...{ unknown: 2, invalid: 3, deadline: 4, notFound: 5, exists: 6 },
  refused: 9,
} as const;

/** Requires that a call fails with a code. @returns The error. */
export async function assertCode(
  code: number,
  call: () => Promise<unknown>,
): Promise<StatusError> {
  const error = await assertRejects(call, StatusError);
  assertEquals(error.code, code, error.message);
  return error;
}

/** The IDs of all that a node lists. */
export async function listAll({ client }: CriNode): Promise<{
  readonly pods: readonly string[];
  readonly containers: readonly string[];
}> {
  const { items } = await client.call(method.listPodSandbox, {});
  const { containers } = await client.call(method.listContainers, {});
  return {
    pods: items.map(({ id }) => id),
    containers: containers.map(({ id }) => id),
  };
}
