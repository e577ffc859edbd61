import { assert, assertEquals } from "@std/assert";
import { RuntimeService } from "../../../../src/cri/api/api_pb.js";
import { toText } from "../../../../src/formats/bytes.ts";
import { assertCode, CODE } from "../../../support/nodes/cri_answers.ts";
import { NODE_NEEDS } from "../../../support/nodes/cri_node.ts";
import { startNodeHere } from "../../../support/nodes/node_here.ts";
import {
  connectWebSocket,
  type WebSocketClient,
} from "../../../support/streaming/websocket_client.ts";
import { until } from "../../../support/until.ts";
import { makeScripted } from "./scripted_container.ts";

const { method } = RuntimeService;
const V5 = { protocols: "v5.channel.k8s.io" };
const SUCCESS = '{"metadata":{},"status":"Success"}';

/** What came on each channel, but for the greeting. */
async function readAll(client: WebSocketClient) {
  const { texts } = await client.readAll();
  return Object.fromEntries([...texts].filter(([, text]) => text !== ""));
}

Deno.test(
  "exec() and attach() join clients with streams",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client } = node;
    const { pod, id, run } = await makeScripted(node);
    await node.start(id);

    await t.step("exec() joins a client with its streams", async () => {
      const { url } = await client.call(method.exec, {
        ...{ containerId: id, cmd: ["sh", "-c", "cat; echo err >&2; exit 3"] },
        ...{ stdin: true, stdout: true, stderr: true },
      });
      using socket = await connectWebSocket(url, V5);
      await socket.write(0, "some text\n");
      await socket.write(255, Uint8Array.of(0));
      const { 1: out, 2: err, 3: status } = await readAll(socket);
      assertEquals([out, err], ["some text\n", "err\n"]);
      assertEquals(JSON.parse(status ?? "").details.causes, [
        { reason: "ExitCode", message: "3" },
      ]);
    });

    await t.step("exec() without input has none", async () => {
      const { url } = await client.call(method.exec, {
        ...{
          containerId: id,
          cmd: ["sh", "-c", "cat; echo done"],
          stdout: true,
        },
      });
      using socket = await connectWebSocket(url, V5);
      assertEquals(await readAll(socket), { 1: "done\n", 3: SUCCESS });
    });

    await t.step("exec() has a terminal of the client's size", async () => {
      const { url } = await client.call(method.exec, {
        cmd: ["sh", "-c", "read line; stty size"],
        ...{ containerId: id, tty: true, stdin: true, stdout: true },
      });
      using socket = await connectWebSocket(url, V5);
      await socket.write(4, '{"Width":91,"Height":33}');
      const size = /33 91/;
      await until(async () => {
        const { stdout } = await run(
          "for tty in /dev/pts/[0-9]*; do stty size -F $tty; done",
        );
        return size.test(toText(new Uint8Array(stdout)));
      });
      await socket.write(0, "\n");
      assert(size.test((await readAll(socket))[1] ?? ""));
    });

    await t.step("exec() ends the command of a client that goes", async () => {
      const { url } = await client.call(method.exec, {
        ...{ containerId: id, cmd: ["sleep", "7654"], stdout: true },
      });
      const socket = await connectWebSocket(url, V5);
      const isThere = async () =>
        (await run("ps | grep '[7]654'")).exitCode === 0;
      await until(isThere);
      socket.connection.close();
      await until(async () => !await isThere());
    });

    await t.step("attach() reaches the container's process", async () => {
      const make = async (name: string, changes: object) => {
        const id = await node.create(pod, name, {
          script: "while read line; do echo got $line; done; echo end; sleep 9",
          changes,
        });
        await node.start(id);
        return id;
      };
      const reader = await make("reader", { stdin: true, stdinOnce: true });
      const attach = async (containerId: string) => {
        const { url } = await client.call(method.attach, {
          ...{ containerId, stdin: true, stdout: true },
        });
        return await connectWebSocket(url, V5);
      };
      using socket = await attach(reader);
      await socket.write(0, "a line\n");
      await socket.next();
      assertEquals(await nextText(socket), "got a line\n");
      // What has no input is not reached.
      const deaf = await make("deaf", {});
      using other = await attach(deaf);
      await other.write(0, "nobody reads this\n");
      await client.call(method.stopContainer, { containerId: deaf });
      const { 1: out = "" } = await readAll(other);
      assert(!out.includes("got"), out);
      await client.call(method.stopContainer, { containerId: reader });
    });

    await t.step("streams are asked for as they may be", async () => {
      const cases = [
        [{ cmd: ["sh"], tty: true, stderr: true, stdout: true }, CODE.invalid],
        [{ cmd: ["sh"] }, CODE.invalid],
        [{ cmd: ["", "a"], stdout: true }, CODE.invalid],
        [{ cmd: ["sh", "a\0"], stdout: true }, CODE.invalid],
      ] as const;
      for (const [request, code] of cases) {
        await assertCode(code, () =>
          client.call(method.exec, {
            ...{ containerId: id, ...request, cmd: [...request.cmd] },
          }));
      }
      await assertCode(
        CODE.invalid,
        () => client.call(method.attach, { containerId: id }),
      );
    });
    await t.step(
      "attach() reaches a terminal, and tells its size",
      async () => {
        const containerId = await node.create(pod, "terminal", {
          script: "read line; stty size; read line",
          changes: { stdin: true, tty: true },
        });
        await node.start(containerId);
        const { url } = await client.call(method.attach, {
          ...{ containerId, stdin: true, stdout: true, tty: true },
        });
        using socket = await connectWebSocket(url, V5);
        await socket.write(4, '{"Width":93,"Height":31}');
        await until(async () => {
          const { stdout } = await run("stty size -F /dev/console", {
            containerId,
          });
          return toText(new Uint8Array(stdout)) === "31 93\n";
        });
        await socket.write(0, "\n");
        while (!(await nextText(socket)).includes("31 93"));
        await client.call(method.stopContainer, { containerId });
      },
    );

    await t.step("input ends with its first client, or stays", async () => {
      const script = "while read line; do echo got $line; done; echo end";
      const make = async (name: string, stdinOnce: boolean) => {
        const containerId = await node.create(pod, name, {
          script,
          changes: { stdin: true, stdinOnce },
        });
        await node.start(containerId);
        return containerId;
      };
      const say = async (containerId: string, word: string) => {
        const { url } = await client.call(method.attach, {
          ...{ containerId, stdin: true, stdout: true },
        });
        using socket = await connectWebSocket(url, V5);
        await socket.write(0, `${word}\n`);
        while (!(await nextText(socket)).includes(`got ${word}`));
      };
      const logOf = async (containerId: string) => {
        const { logPath } = await node.status(containerId);
        return (await Deno.readTextFile(logPath))
          .replaceAll(/^\S+ stdout F /gm, "");
      };
      const [isOnce, isOpen] = [true, false];
      const once = await make("once", isOnce);
      await say(once, "a");
      await node.waitFor(once, 2);
      assertEquals(await logOf(once), "got a\nend\n");
      const open = await make("open", isOpen);
      await say(open, "a");
      await say(open, "b");
      assertEquals((await node.status(open)).state, 1);
      assertEquals(await logOf(open), "got a\ngot b\n");
      await client.call(method.stopContainer, { containerId: open });
    });

    await t.step("what has no log writes none", async () => {
      const containerId = await node.create(pod, "silent", {
        script: "echo something; sleep 1000",
        changes: { logPath: "" },
      });
      await node.start(containerId);
      assertEquals((await node.status(containerId)).logPath, "");
      await client.call(method.reopenContainerLog, { containerId });
      const { exitCode } = await run("true", { containerId });
      assertEquals(exitCode, 0);
    });
  },
);

/** The next output, however it comes. */
async function nextText(client: WebSocketClient): Promise<string> {
  let text = "";
  while (!text.endsWith("\n")) {
    const frame = await client.next();
    if (frame === undefined) return text;
    text += toText(frame.bytes.subarray(1));
  }
  return text;
}
