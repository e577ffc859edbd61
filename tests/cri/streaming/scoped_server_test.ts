import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import { localProcesses } from "../../support/streaming/local_process.ts";
import { connectSpdy } from "../../support/streaming/spdy_client.ts";
import { connectWebSocket } from "../../support/streaming/websocket_client.ts";

const program = fromFileUrl(
  new URL("../../support/streaming/scoped_server.ts", import.meta.url),
);

Deno.test("the streaming server needs 127.0.0.1, and two names of variables", async () => {
  await using server = await start([
    "--allow-net=127.0.0.1",
    "--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE",
  ]);
  const [spdy = "", websocket = ""] = server.urls;
  {
    using client = await connectSpdy(spdy);
    await client.open({ streamtype: "error" });
    const stdout = await client.open({ streamtype: "stdout" });
    const stdin = await client.open({ streamtype: "stdin" });
    await client.write(stdin, "text");
    await client.close(stdin);
    assertEquals((await client.readAll()).get(stdout), "text");
  }
  using client = await connectWebSocket(websocket, {
    protocols: "v5.channel.k8s.io",
  });
  await client.write(0, "text");
  await client.write(255, Uint8Array.of(0));
  assertEquals((await client.readAll()).texts.get(1), "text");
});

Deno.test("sockets of clients are kept from programs that are started", async () => {
  await using server = await startStreaming();
  const processes = localProcesses("exec sleep 60");
  const wanted = { stdin: true, stdout: true, stderr: false, terminal: false };
  using first = await connectSpdy(server.exec(processes.open, wanted));
  for (const streamtype of ["error", "stdin", "stdout"]) {
    await first.open({ streamtype });
  }
  using _second = await connectWebSocket(server.exec(processes.open, wanted));
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", "ls -l /proc/self/fd"],
    stdin: "null",
  }).output();
  const listed = new TextDecoder().decode(stdout);
  assert(!listed.includes("socket:"), listed);
});

async function start(
  permissions: readonly string[],
): Promise<{ readonly urls: readonly string[] } & AsyncDisposable> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...permissions, program],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const urls = new TextDecoder().decode(value).trim().split("\n");
  return {
    urls,
    async [Symbol.asyncDispose]() {
      await reader.cancel();
      child.kill("SIGKILL");
      await child.status;
    },
  };
}
