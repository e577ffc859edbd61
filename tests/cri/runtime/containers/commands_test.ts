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
import {
  connectWebSocket,
  type WebSocketClient,
} from "../../../support/streaming/websocket_client.ts";
import { until } from "../../../support/until.ts";

const { method } = RuntimeService;
const V5 = { protocols: "v5.channel.k8s.io" };
const SUCCESS = '{"metadata":{},"status":"Success"}';
const MIB = 1024 * 1024;

/** What came on each channel, but for the greeting. */
async function readAll(client: WebSocketClient) {
  const { texts } = await client.readAll();
  return Object.fromEntries([...texts].filter(([, text]) => text !== ""));
}

Deno.test(
  "commands in containers, and their streams",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client } = node;
    const pod = await node.runPod("web", HOST_NETWORK);
    const id = await node.create(pod, "app", {
      changes: { envs: [{ key: "WORD", value: new Uint8Array([104, 105]) }] },
    });
    const run = async (
      script: string,
      { timeout = 0n, containerId = id }: {
        readonly timeout?: bigint;
        readonly containerId?: string;
      } = {},
    ) =>
      await client.call(method.execSync, {
        ...{ containerId, cmd: ["sh", "-c", script], timeout },
      });
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
        `Cannot open the log of container "${id}" anew: it does not run`,
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
