import { assert, assertEquals } from "@std/assert";
import {
  type ContainerEventResponse,
  RuntimeService,
} from "../../../../src/cri/api/api_pb.js";
import { assertCode, CODE } from "../../../support/nodes/cri_answers.ts";
import {
  type ContainerConfig,
  NODE_NEEDS,
} from "../../../support/nodes/cri_node.ts";
import {
  HOST_NETWORK,
  startNodeHere,
} from "../../../support/nodes/node_here.ts";
import { until } from "../../../support/until.ts";

const { method } = RuntimeService;

Deno.test(
  "a container that cannot start reports why",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client, daemon: { said } } = node;
    const pod = await node.runPod("web", HOST_NETWORK);
    const abort = new AbortController();
    const events: ContainerEventResponse[] = [];
    const listening = (async () => {
      const stream = client.stream(method.getContainerEvents, {}, abort);
      for await (const event of stream) events.push(event);
    })().catch(() => {});
    await client.call(method.version, {}); // the other call has begun
    const cases: Readonly<Record<string, readonly [ContainerConfig, string]>> =
      {
        "no such program": [{ command: ["/no/such"] }, "ContainerCannotRun"],
        "a directory": [{ command: ["/bin"] }, "ContainerCannotRun"],
        "a file over a directory": [
          { mounts: [{ hostPath: "/etc/hostname", containerPath: "/bin" }] },
          "StartError",
        ],
      };
    for (const [what, [changes, reason]] of Object.entries(cases)) {
      const name = what.replaceAll(" ", "-");
      await t.step(what, async () => {
        const heard = said.length;
        const id = await node.create(pod, name, { changes });
        const before = BigInt(Date.now()) * 1_000_000n;
        const { message } = await assertCode(
          CODE.unknown,
          () => node.start(id),
        );
        assert(message.startsWith(`Cannot run container "${id}": `), message);
        const status = await node.status(id);
        assertEquals(
          [status.state, status.exitCode, status.reason, status.message],
          [2, 128, reason, message],
        );
        assert(status.startedAt >= before);
        assert(status.finishedAt >= status.startedAt);
        assertEquals(
          said.slice(heard).filter((line) =>
            !line.includes("method=") && line.endsWith(id)
          ),
          [
            `info: Created container "k8s_${name}_web_tests_uid-web_0" as "${id}" ` +
            `pod=${pod} container=${id}`,
            `warn: ${message} container=${id}`,
          ],
        );
        const { message: later } = await assertCode(
          CODE.refused,
          () => node.start(id),
        );
        assertEquals(
          later,
          `Cannot start container "${id}": it was started before`,
        );
        await client.call(method.removeContainer, { containerId: id });
        const told = () =>
          events.filter(({ containerId }) => containerId === id);
        await until(() => told().length === 3);
        assertEquals(
          told().map(({ containerEventType }) => containerEventType),
          [0, 2, 3],
        );
        const [created, stopped, deleted] = told();
        assertEquals(created?.containersStatuses.map(({ state }) => state), [
          0,
        ]);
        assertEquals(stopped?.containersStatuses, [status]);
        assertEquals(deleted?.containersStatuses, []);
        assertEquals(deleted?.podSandboxStatus?.id, pod);
      });
    }
    abort.abort();
    await listening;
  },
);
