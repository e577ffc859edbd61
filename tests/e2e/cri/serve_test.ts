import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { existsSync } from "node:fs";
import { ImageService } from "../../../src/cri/api/api_pb.js";
import { StatusError } from "../../support/grpc_client.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { lines } from "../../support/programs/lines.ts";
import { orlopIn } from "../../support/programs/orlop_program.ts";
import { freePort } from "../../support/servers/registry_server.ts";
import {
  makeImage,
  noise,
  sendHalf,
  serveImage,
} from "../../support/servers/served_image.ts";
import { serveOrlop } from "../../support/nodes/serving_orlop.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { until } from "../../support/until.ts";

const { imageStatus, pullImage } = ImageService.method;

Deno.test("serve answers until it is told to end, and leaves no socket", async () => {
  using dir = tempDir();
  await using served = await serveOrlop(dir.path);
  await assertRejects(() => served.client.call(imageStatus, {}), StatusError);
  assertEquals(((await Deno.stat(served.socket)).mode ?? 0) & 0o777, 0o600);
  assertEquals(await served.end("SIGTERM"), 0);
  assert(!existsSync(served.socket));
});

Deno.test("serve is alone on its store, and starts again after a kill", async () => {
  using dir = tempDir();
  await using served = await serveOrlop(dir.path);
  const orlop = orlopIn(dir.path);
  const other = await orlop("serve", "--listen", dir.join("other.sock"));
  assertEquals(other.code, 4);
  assertStringIncludes(other.err, 'another "orlop serve" does');
  await served.end("SIGKILL");
  assert(existsSync(served.socket));
  await using again = await serveOrlop(dir.path);
  await assertRejects(() => again.client.call(imageStatus, {}), StatusError);
});

Deno.test("serve ends in the middle of a pull, which the next one continues with", async () => {
  using dir = tempDir();
  const image = makeImage([await layerOf({ file: noise(3_000_000) })]);
  const [layer] = image.layers;
  let isHanging = true;
  const asked = Promise.withResolvers<void>();
  await using registry = serveImage(image, ({ name }) => {
    const bytes = image.blobs.get(name);
    if (!isHanging || name !== layer?.digest || !bytes) return undefined;
    asked.resolve();
    return sendHalf(bytes);
  });
  const request = { image: { image: registry.name } };
  {
    await using served = await serveOrlop(dir.path);
    const pull = assertRejects(
      () => served.client.call(pullImage, request),
      StatusError,
    );
    await asked.promise;
    const begunMs = performance.now();
    Deno.kill(served.pid, "SIGTERM");
    assertEquals((await pull).code, 14);
    assertEquals(await served.end("SIGCONT"), 0); // another one would not wait
    assert(performance.now() - begunMs < 8000);
  }
  isHanging = false;
  await using served = await serveOrlop(dir.path);
  const { imageRef } = await served.client.call(pullImage, request);
  assertEquals(imageRef.length, 64);
});

Deno.test("serve logs a call with its fields", async () => {
  using dir = tempDir();
  const args = ["--log-format", "json", "--log-level", "info"];
  await using served = await serveOrlop(dir.path, args);
  const call = () => served.client.call(imageStatus, {});
  await assertRejects(call, StatusError);
  await served.end("SIGTERM");
  const logged = served.said.map((line) => JSON.parse(line));
  const { level, method, code } = logged.find(({ code }) => code === 3);
  assertEquals([level, method, code], [
    "info",
    "/runtime.v1.ImageService/ImageStatus",
    3,
  ]);
});

Deno.test("serve opens no debugger, whatever signal comes", async () => {
  using dir = tempDir();
  await using served = await serveOrlop(dir.path);
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    Deno.kill(served.pid, "SIGUSR1");
    await assertRejects(
      () => Deno.connect({ hostname: "127.0.0.1", port: 9229 }),
      Deno.errors.ConnectionRefused,
    );
  }
  await assertRejects(() => served.client.call(imageStatus, {}), StatusError);
});

Deno.test("serve shows metrics on loopback", async () => {
  using dir = tempDir();
  const address = `127.0.0.1:${freePort()}`;
  await using served = await serveOrlop(dir.path, [
    "--metrics-listen",
    address,
  ]);
  await assertRejects(() => served.client.call(imageStatus, {}), StatusError);
  const response = await fetch(`http://${address}/metrics`);
  const text = await response.text();
  assertStringIncludes(
    text,
    'orlop_cri_calls_total{method="ImageService/ImageStatus",' +
      'code="invalidArgument"} 1\n',
  );
  assertStringIncludes(text, "process_resident_memory_bytes ");
});

const RECEIVE = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(20)
print("bound", flush=True)
while True:
    text = s.recv(1000).decode()
    print(text.splitlines()[0], flush=True)
    if text.startswith("STOPPING"): break
`;

Deno.test("serve tells systemd that it is ready, lives, and ends", {
  ...needs("python3"),
}, async () => {
  using dir = tempDir();
  const path = dir.join("notify");
  const receiver = new Deno.Command("python3", {
    args: ["-c", RECEIVE, path],
    stdout: "piped",
  }).spawn();
  const told: string[] = [];
  const reading = (async () => {
    for await (const line of lines(receiver.stdout)) told.push(line);
  })();
  await until(() => existsSync(path));
  await using served = await serveOrlop(dir.path, [], {
    NOTIFY_SOCKET: path,
    WATCHDOG_USEC: "400000",
  });
  const lives = () => told.filter((line) => line === "WATCHDOG=1").length;
  await until(() => lives() >= 2);
  await served.end("SIGTERM");
  await reading;
  await receiver.status;
  assertEquals(told.slice(0, 2), ["bound", "READY=1"]);
  assertEquals(told.at(-1), "STOPPING=1");
  assert(lives() >= 2, `${told}`);
});
