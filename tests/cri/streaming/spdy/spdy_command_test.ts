import { assert, assertEquals, assertMatch } from "@std/assert";
import { startStreaming } from "../../../../src/cri/streaming/start_streaming.ts";
import { localProcesses } from "../../../support/streaming/local_process.ts";
import {
  connectSpdy,
  type SpdyClient,
} from "../../../support/streaming/spdy_client.ts";
import { until } from "../../../support/until.ts";

const all = { stdin: true, stdout: true, stderr: true, terminal: false };
const TEXT = "command terminated with non-zero exit code: 3";
const STATUS = '{"metadata":{},"status":"Failure",' +
  `"message":"${TEXT}","reason":"NonZeroExitCode",` +
  '"details":{"causes":[{"reason":"ExitCode","message":"3"}]}}';

/** Makes streams, and waits until they are there. @returns Their IDs. */
async function openStreams(
  client: SpdyClient,
  roles: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const ids: Record<string, number> = {};
  for (const streamtype of roles) {
    ids[streamtype] = await client.open({ streamtype });
    await client.nextOf("reply");
  }
  return ids;
}

Deno.test("openSpdyCommand() tells all versions outputs and the status", async (t) => {
  const cases = {
    "v5.channel.k8s.io": STATUS,
    "v4.channel.k8s.io": STATUS,
    "v3.channel.k8s.io": TEXT,
    "v2.channel.k8s.io": TEXT,
    "channel.k8s.io": TEXT,
    "v9.channel.k8s.io, v3.channel.k8s.io, v5.channel.k8s.io": TEXT,
  };
  for (const [protocol, status] of Object.entries(cases)) {
    await t.step(protocol, async () => {
      await using server = await startStreaming({ limits: { lingerMs: 500 } });
      const { open } = localProcesses("cat; echo err >&2; exit 3");
      using client = await connectSpdy(server.exec(open, all), { protocol });
      const chosen = protocol.split(", ").at(protocol.includes(",") ? 1 : 0);
      assertEquals(client.answer.split("\r\n").filter((line) => line), [
        ...["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade"],
        ...["Upgrade: SPDY/3.1", `X-Stream-Protocol-Version: ${chosen}`],
      ]);
      const roles = ["error", "stdin", "stdout", "stderr"];
      const { stdin = 0, ...ids } = await openStreams(client, roles);
      await client.write(stdin, "in\n");
      await client.close(stdin);
      const texts = await client.readAll();
      const told = Object.entries(ids)
        .map(([role, id]) => [role, texts.get(id)]);
      assertEquals(Object.fromEntries(told), {
        ...{ error: status, stdout: "in\n", stderr: "err\n" },
      });
    });
  }
});

Deno.test("openSpdyCommand() tells version 4 of success, and old ones nothing", async (t) => {
  const cases = {
    "v4.channel.k8s.io": '{"metadata":{},"status":"Success"}',
    "v3.channel.k8s.io": "",
  };
  for (const [protocol, status] of Object.entries(cases)) {
    await t.step(protocol, async () => {
      await using server = await startStreaming({ limits: { lingerMs: 500 } });
      const { open } = localProcesses("exit 0");
      const wanted = { ...all, stdin: false, stderr: false };
      using client = await connectSpdy(server.exec(open, wanted), { protocol });
      const { error = 0 } = await openStreams(client, ["error", "stdout"]);
      assertEquals((await client.readAll()).get(error) ?? "", status);
    });
  }
});

Deno.test("openSpdyCommand() reads sizes of terminals from version 3 on", async (t) => {
  const terminal = { ...all, stderr: false, terminal: true };
  await t.step("v3.channel.k8s.io", async () => {
    await using server = await startStreaming({ limits: { lingerMs: 500 } });
    const processes = localProcesses("read line");
    using client = await connectSpdy(server.exec(processes.open, terminal), {
      protocol: "v3.channel.k8s.io",
    });
    const roles = ["error", "stdin", "stdout", "resize"];
    const { resize = 0, stdin = 0 } = await openStreams(client, roles);
    await client.write(resize, '{"Width":90,"Height":30}');
    await until(() => processes.sizes.length === 1);
    assertEquals(processes.sizes, [{ columns: 90, rows: 30 }]);
    await client.write(stdin, "\n");
    await client.readAll();
  });
  await t.step("v2.channel.k8s.io", async () => {
    await using server = await startStreaming({ limits: { lingerMs: 500 } });
    const processes = localProcesses("exit 0");
    using client = await connectSpdy(server.exec(processes.open, terminal), {
      protocol: "v2.channel.k8s.io",
    });
    await openStreams(client, ["error", "stdin", "stdout"]);
    await client.readAll();
    assertEquals(processes.begun, 1);
  });
});

Deno.test("clients of SPDY name a protocol that is known", async (t) => {
  await using server = await startStreaming({ limits: { lingerMs: 300 } });
  const { open, ...processes } = localProcesses("exit 0");
  const why = "X-Stream-Protocol-Version names no protocol";
  await t.step("none", async () => {
    using client = await connectSpdy(server.exec(open, all), { protocol: "" });
    assertMatch(client.answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  });
  await t.step("none that is known", async () => {
    using client = await connectSpdy(server.exec(open, all), {
      protocol: "v9.channel.k8s.io",
    });
    const lines = client.answer.split("\r\n");
    assertEquals(lines[0], "HTTP/1.1 403 Forbidden", why);
    const name = "X-Accepted-Stream-Protocol-Versions: ";
    assertEquals(
      lines.filter((line) => line.startsWith(name))
        .map((line) => line.slice(name.length)),
      ["v5", "v4", "v3", "v2"].map((version) => `${version}.channel.k8s.io`)
        .concat("channel.k8s.io"),
    );
  });
  assert(processes.begun === 0);
});
