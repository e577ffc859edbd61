import { assert, assertEquals, assertRejects } from "@std/assert";
import { RuntimeService } from "../../../../src/cri/api/api_pb.js";
import { toText } from "../../../../src/formats/bytes.ts";
import { StatusError } from "../../../support/grpc_client.ts";
import { assertCode, CODE } from "../../../support/nodes/cri_answers.ts";
import { NODE_NEEDS } from "../../../support/nodes/cri_node.ts";
import {
  HOST_NETWORK,
  startNodeHere,
} from "../../../support/nodes/node_here.ts";
import { serveLocally } from "../../../support/streaming/local_ports.ts";
import { connectWebSocket } from "../../../support/streaming/websocket_client.ts";

const { method } = RuntimeService;

Deno.test("ports of a pod are those in its network", NODE_NEEDS, async () => {
  await using node = await startNodeHere();
  const { client } = node;
  await using host = serveLocally(async (connection) => {
    await connection.readable.pipeTo(connection.writable);
  });
  const ask = async (podSandboxId: string, port: number[]) =>
    (await client.call(method.portForward, { podSandboxId, port })).url;
  // The host's own port, in a pod of the host's network, and not in another's.
  const [hosts, own] = [
    await node.runPod("hosts", HOST_NETWORK),
    await node.runPod("own"),
  ];
  using reached = await connectWebSocket(await ask(hosts, [host.port]));
  await reached.write(0, "text");
  for (const text of [undefined, undefined, "text"]) {
    const frame = await reached.next();
    if (text) {
      assertEquals(toText(frame?.bytes.subarray(1) ?? new Uint8Array()), text);
    }
  }
  reached.connection.close();
  using refused = await connectWebSocket(await ask(own, [host.port]));
  const { texts } = await refused.readAll();
  const error = texts.get(1) ?? "";
  assert(error.includes(`cannot forward port ${host.port}: `), error);
  await assertCode(CODE.invalid, () => ask(own, [0]));
  await assertCode(CODE.notFound, () => ask("none", [80]));
  await assertRejects(() => ask(own, [65536]), StatusError);
});
