import { assertEquals, assertStringIncludes } from "@std/assert";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import { SPDY_COMMAND_PROTOCOLS } from "../../../src/cri/streaming/spdy/spdy_command.ts";
import { toBytes, toText } from "../../../src/formats/bytes.ts";
import { needs } from "../../support/peers.ts";
import {
  buildGoClient,
  runGoClient,
} from "../../support/streaming/go_client.ts";
import { localProcesses } from "../../support/streaming/local_process.ts";
import { until } from "../../support/until.ts";

const V4 = "v4.channel.k8s.io";
const V5 = "v5.channel.k8s.io";
const outputs = { stdin: false, stdout: true, stderr: true, terminal: false };

for (const transport of ["spdy", "websocket"]) {
  const versions = transport === "spdy"
    ? SPDY_COMMAND_PROTOCOLS
    : [V5, V4, "channel.k8s.io"];

  Deno.test({
    name: `client-go gets the output and the end of a command by ${transport}`,
    ...needs("go"),
    async fn(t) {
      await buildGoClient();
      await using server = await startStreaming();
      for (const version of versions) {
        await t.step(version, async () => {
          // Clients of version 1 leave with the first that they hear of a failure,
          // and miss output then.
          const isFirst = version === "channel.k8s.io";
          const { open } = localProcesses(
            `echo out; echo err >&2; exit ${isFirst ? 0 : 3}`,
          );
          const url = server.exec(open, outputs);
          const streams = ["stdout", "stderr"];
          const { code, stdout, stderr } = await runGoClient(
            ["exec", url, transport, version, ...streams],
          );
          assertEquals(toText(stdout), "out\n");
          assertStringIncludes(stderr, "err\n");
          if (/^v[45]/.test(version)) return assertEquals(code, 3);
          if (isFirst) return assertEquals(code, 0);
          assertEquals(code, 200);
          assertStringIncludes(stderr, "non-zero exit code: 3");
        });
      }
    },
  });

  Deno.test({
    name: `client-go's input reaches a command by ${transport}, and its end`,
    ...needs("go"),
    async fn() {
      await buildGoClient();
      await using server = await startStreaming();
      const { open } = localProcesses("md5sum; echo done");
      const url = server.exec(open, { ...outputs, stdin: true });
      const streams = ["stdin", "stdout", "stderr"];
      const { code, stdout } = await runGoClient(
        ["exec", url, transport, V5, ...streams],
        new Uint8Array(5_000_000),
      );
      // As `head -c 5000000 /dev/zero | md5sum` has it.
      const expected = await sum(5_000_000);
      assertEquals([toText(stdout), code], [`${expected}  -\ndone\n`, 0]);
    },
  });

  Deno.test({
    name: `client-go's terminal tells its sizes by ${transport}`,
    ...needs("go"),
    async fn() {
      await buildGoClient();
      await using server = await startStreaming();
      const processes = localProcesses("sleep 0.3; echo hi");
      const wanted = { ...outputs, stdin: true, stderr: false, terminal: true };
      const url = server.attach(processes.open, wanted);
      const streams = ["stdin", "stdout", "tty"];
      const { code } = await runGoClient(
        ["exec", url, transport, V5, ...streams],
        toBytes("x"),
      );
      assertEquals(code, 0);
      assertEquals(processes.sizes, [
        { columns: 80, rows: 24 },
        { columns: 132, rows: 50 },
      ]);
    },
  });

  Deno.test({
    name: `client-go hears by ${transport} why nothing could be opened`,
    ...needs("go"),
    async fn() {
      await buildGoClient();
      await using server = await startStreaming();
      const url = server.exec(
        () => Promise.reject(new Error("Cannot exec: no such program")),
        outputs,
      );
      const { code, stderr } = await runGoClient(
        ["exec", url, transport, V5, "stdout", "stderr"],
      );
      assertEquals(code, 200);
      assertStringIncludes(stderr, "Cannot exec: no such program");
    },
  });

  Deno.test({
    name: `a command ends when client-go has gone from ${transport}`,
    ...needs("go"),
    async fn() {
      const program = await buildGoClient();
      await using server = await startStreaming();
      const processes = localProcesses("echo up; exec sleep 60");
      const url = server.exec(processes.open, outputs);
      const client = new Deno.Command(program, {
        args: ["exec", url, transport, V5, "stdout", "stderr"],
        stdout: "piped",
      }).spawn();
      const reader = client.stdout.getReader();
      assertEquals(toText((await reader.read()).value ?? toBytes("")), "up\n");
      assertEquals(processes.running, 1);
      client.kill("SIGKILL");
      await client.status;
      await reader.cancel();
      await until(() => processes.running === 0, { withinMs: 5000 });
    },
  });
}

async function sum(zeros: number): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `head -c ${zeros} /dev/zero | md5sum`],
  }).output();
  return toText(stdout).slice(0, 32);
}
