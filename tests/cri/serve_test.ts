import { assert, assertEquals, assertRejects } from "@std/assert";
import { RuntimeService } from "../../src/cri/api/api_pb.js";
import { serve, type ServeOptions } from "../../src/cri/serve.ts";
import { InUseError } from "../../src/errors/store_errors.ts";
import { isNameThere } from "../../src/fs/if_there.ts";
import type { Libc } from "../../src/process/libc.ts";
import { GrpcClient } from "../support/grpc_client.ts";
import { libc } from "../support/own_libc.ts";
import { testRuntime } from "../support/test_runtime.ts";

/** Where nobody listens now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A libc that sends datagrams to a list. */
function listeningLibc(): { libc: Libc | undefined; sent: string[] } {
  const sent: string[] = [];
  const sockets = libc?.sockets && {
    ...libc.sockets,
    sendDatagram(path: string, text: string) {
      sent.push(`${path}: ${text.replaceAll("\n", " ")}`);
      return true;
    },
  };
  return { libc: libc && { ...libc, ...sockets && { sockets } }, sent };
}

/** Serves, until `end()`. */
async function begin(changes: Partial<ServeOptions> = {}) {
  const test = testRuntime();
  const { agent, dir } = test;
  const listen = dir.join("cri.sock");
  const port = freePort();
  const logged: string[] = [];
  const ending = new AbortController();
  const ready = Promise.withResolvers<void>();
  const { libc, sent } = listeningLibc();
  const options: ServeOptions = {
    ...{ agent, libc, signal: ending.signal, onReady: ready.resolve },
    settings: { listen, metricsListen: { hostname: "127.0.0.1", port } },
    environment: {
      ...{ socket: "/notify", watchdogMicroseconds: undefined },
      watchdogPid: undefined,
    },
    log: (level, message) => logged.push(`${level}: ${message}`),
    ...changes,
  };
  const serving = serve(options);
  serving.catch(ready.reject);
  await ready.promise;
  return {
    ...{ options, listen, logged, sent },
    metrics: `http://127.0.0.1:${port}/metrics`,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await serving;
      test[Symbol.dispose]();
    },
  };
}

Deno.test("serve() reports that it is ready, and that it ends", async () => {
  const server = await begin();
  const { listen, sent, logged } = server;
  assert(isNameThere(listen));
  const ready = `/notify: READY=1 STATUS=serving at ${listen} ` +
    `MAINPID=${Deno.pid}`;
  assertEquals(sent, [ready]);
  assertEquals(logged, []);
  await server[Symbol.asyncDispose]();
  assertEquals(sent, [ready, "/notify: STOPPING=1 STATUS=ending"]);
  assertEquals(logged, ["info: ending; containers go on"]);
  assert(!isNameThere(listen));
});

Deno.test("serve() serves a store once", async () => {
  await using server = await begin();
  const error = await assertRejects(
    () => serve({ ...server.options, signal: AbortSignal.timeout(60_000) }),
    InUseError,
  );
  assert(error.message.startsWith("Cannot serve "), error.message);
});

Deno.test("serve() counts and logs the calls that it answers", async () => {
  await using server = await begin();
  using client = new GrpcClient(server.listen);
  const { method } = RuntimeService;
  await client.call(method.version, {});
  await client.call(method.version, {});
  await assertRejects(() =>
    client.call(method.containerStatus, { containerId: "none" })
  );
  const response = await fetch(server.metrics);
  const lines = (await response.text()).split("\n");
  const calls = lines.filter((line) =>
    line.startsWith("orlop_cri_calls_total{")
  );
  assertEquals(calls, [
    'orlop_cri_calls_total{method="RuntimeService/Version",code="ok"} 2',
    'orlop_cri_calls_total{method="RuntimeService/ContainerStatus",' +
    'code="notFound"} 1',
  ]);
  const names = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
  assertEquals(names, [
    "orlop_cri_calls_total",
    "orlop_cri_call_seconds",
    "orlop_image_pulls_running",
    "orlop_image_pulled_bytes_total",
    "orlop_image_pulled_layers_total",
    "orlop_store_used_bytes",
    "orlop_store_used_inodes",
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "orlop_heap_bytes",
  ]);
  assertEquals(server.logged, [
    ...["debug: call ended", "debug: call ended"],
    'info: Cannot find container "none": no container has this ID',
  ]);
});
