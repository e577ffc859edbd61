import { assert, assertEquals } from "@std/assert";
import { RuntimeService } from "../../../../src/cri/api/api_pb.js";
import { toText } from "../../../../src/formats/bytes.ts";
import { assertCode, CODE } from "../../../support/nodes/cri_answers.ts";
import { NODE_NEEDS } from "../../../support/nodes/cri_node.ts";
import { startNodeHere } from "../../../support/nodes/node_here.ts";
import { until } from "../../../support/until.ts";
import { makeScripted } from "./scripted_container.ts";

const { method } = RuntimeService;
const MIB = 1024 * 1024;

Deno.test(
  "execSync() runs commands to their ends",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client } = node;
    const { id, run } = await makeScripted(node);
    const why = `container "${id}": it does not run`;

    await t.step("not before it runs", async () => {
      const refused = [
        () => run("true"),
        () => client.call(method.exec, { containerId: id, cmd: ["true"] }),
        () => client.call(method.attach, { containerId: id, stdout: true }),
      ];
      for (const call of refused) {
        const { message } = await assertCode(CODE.refused, call);
        assertEquals(message, `Cannot run a command in ${why}`);
      }
      const { message } = await assertCode(
        CODE.refused,
        () => client.call(method.reopenContainerLog, { containerId: id }),
      );
      assertEquals(
        message,
        `Cannot reopen the log of container "${id}": it is not running`,
      );
      assertEquals((await node.status(id)).state, 0);
    });

    await node.start(id);
    await t.step("execSync() tells outputs and the exit code", async () => {
      const { stdout, stderr, exitCode } = await run(
        "echo $WORD; echo err >&2; exit 7",
      );
      assertEquals([toText(new Uint8Array(stdout)), exitCode], ["hi\n", 7]);
      assertEquals(toText(new Uint8Array(stderr)), "err\n");
      assertEquals((await run("kill -9 $$")).exitCode, 137);
    });

    await t.step(
      "execSync() keeps as much output as a message takes",
      async () => {
        const { stdout, exitCode } = await run(`head -c ${8 * MIB} /dev/zero`);
        assertEquals([stdout.byteLength, exitCode], [7 * MIB, 0]);
      },
    );

    await t.step("execSync() ends what takes too long", async () => {
      const { message } = await assertCode(
        CODE.deadline,
        () => run("sleep 1234", { timeout: 1n }),
      );
      assertEquals(message, 'Cannot run "sh": it takes longer than 1000 ms');
      await until(async () => (await run("ps | grep '[1]234'")).exitCode === 1);
    });

    await t.step("execSync() ends when its client has gone", async () => {
      const abort = new AbortController();
      const calling = client.call(method.execSync, {
        ...{ containerId: id, cmd: ["sleep", "4567"] },
      }, { signal: abort.signal });
      const isThere = async () =>
        (await run("ps | grep '[4]567'")).exitCode === 0;
      await until(isThere);
      abort.abort();
      await calling.catch(() => {});
      await until(async () => !await isThere());
    });

    await t.step("execSync() runs what there is", async () => {
      const missing = await client.call(method.execSync, {
        ...{ containerId: id, cmd: ["/no/such"] },
      });
      assertEquals(missing.exitCode, 127);
      assert(toText(new Uint8Array(missing.stderr)).includes("/no/such"));
      const none = () =>
        client.call(method.execSync, { containerId: id, cmd: [] });
      const { message } = await assertCode(CODE.invalid, none);
      assertEquals(message, 'Cannot use command "": it names no program');
      await assertCode(
        CODE.notFound,
        () => run("true", { containerId: "none" }),
      );
    });
  },
);
