import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { serveMetrics } from "../../../src/cri/metrics/metrics_server.ts";
import { ServeMetrics } from "../../../src/cri/metrics/serve_metrics.ts";
import { ImageFileSystems } from "../../../src/cri/images/image_file_systems.ts";
import { SharedPulls } from "../../../src/cri/images/shared_pulls.ts";
import type { EndedCall } from "../../../src/cri/grpc/serve_call.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { formatGauges } from "../../../src/formats/config/prometheus_text.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { storeAgent } from "../../support/store_agent.ts";

const CALL: EndedCall = {
  path: "/runtime.v1.ImageService/PullImage",
  isKnown: true,
  request: undefined,
  status: { code: 0, message: "" },
  durationMs: 300,
};
const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

Deno.test("ServeMetrics counts calls and pulls", async () => {
  using store = storeAgent();
  const metrics = new ServeMetrics();
  metrics.calls.add(CALL);
  metrics.calls.add({ ...CALL, durationMs: 4 });
  metrics.calls.add({ ...CALL, status: { code: 5, message: "none" } });
  for (const path of ["/a", "/b", '/"']) {
    metrics.calls.add({ ...CALL, path, isKnown: false });
  }
  const digest = digestOf("layer");
  for (const received of [10, 30, 30]) {
    metrics.pulls.add({ kind: "download", digest, received, size: 30 });
  }
  metrics.pulls.add({ kind: "committed", digest });
  const text = formatGauges(
    await metrics.read({
      pulls: new SharedPulls(store.agent),
      fileSystems: new ImageFileSystems(store.agent),
    }),
  );
  const method = 'method="ImageService/PullImage"';
  const lines = [
    "# TYPE orlop_cri_calls_total counter",
    `orlop_cri_calls_total{${method},code="ok"} 2`,
    `orlop_cri_calls_total{${method},code="notFound"} 1`,
    'orlop_cri_calls_total{method="other",code="ok"} 3',
    "# TYPE orlop_cri_call_seconds histogram",
    `orlop_cri_call_seconds_bucket{${method},le="0.005"} 1`,
    `orlop_cri_call_seconds_bucket{${method},le="0.5"} 3`,
    `orlop_cri_call_seconds_bucket{${method},le="+Inf"} 3`,
    `orlop_cri_call_seconds_sum{${method}} 0.604`,
    `orlop_cri_call_seconds_count{${method}} 3`,
    "orlop_image_pulls_running 0",
    "orlop_image_pulled_bytes_total 30",
    "orlop_image_pulled_layers_total 1",
    'orlop_store_used_bytes{kind="images"} 0',
  ];
  for (const line of lines) assertStringIncludes(text, `${line}\n`);
});

Deno.test("serveMetrics() shows them at one path, by one method", async () => {
  const gauge = { name: "a", help: "b", samples: [{ value: 1 }] };
  await using server = await serveMetrics(LOOPBACK, () => [gauge]);
  const url = `http://127.0.0.1:${server.address.port}`;
  const cases: readonly [string, string, number][] = [
    ["GET", "/metrics", 200],
    ["GET", "/metrics?name=x", 200],
    ["GET", "/", 404],
    ["GET", "/metrics/../etc/passwd", 404],
    ["POST", "/metrics", 405],
  ];
  for (const [method, path, status] of cases) {
    const response = await fetch(url + path, { method });
    const text = await response.text();
    assertEquals(response.status, status, path);
    if (status === 200) assertStringIncludes(text, "# TYPE a gauge\na 1\n");
  }
});

Deno.test("serveMetrics() reports that the port is taken, and that it fails", async () => {
  await using server = await serveMetrics(LOOPBACK, () => {
    throw new Error("secret");
  });
  const { port } = server.address;
  const again = () => serveMetrics({ ...LOOPBACK, port }, () => []);
  await assertRejects(again, InUseError, "another process");
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assertEquals([response.status, await response.text()], [500, ""]);
});

Deno.test("serveMetrics() gathers once for all who ask at the same time", async () => {
  let reads = 0;
  const gathered = Promise.withResolvers<void>();
  await using server = await serveMetrics(LOOPBACK, async () => {
    reads++;
    await gathered.promise;
    return [];
  });
  const url = `http://127.0.0.1:${server.address.port}/metrics`;
  const ask = async () => (await fetch(url)).text();
  const answers = Array.from({ length: 20 }, ask);
  // As long as it takes to answer as many who came later.
  for (const _ of answers) await (await fetch(`${url}/none`)).text();
  await new Promise((resolve) => setTimeout(resolve, 200));
  gathered.resolve();
  await Promise.all(answers);
  await ask();
  assertEquals(reads, 2);
});

Deno.test("serveMetrics() answers while others hold connections", async () => {
  await using server = await serveMetrics(LOOPBACK, () => []);
  const { port } = server.address;
  const held = await Promise.all(
    Array.from({ length: 100 }, () => Deno.connect({ port })),
  );
  for (const connection of held) {
    await connection.write(new TextEncoder().encode("G")).catch(() => {});
  }
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assertEquals([response.status, await response.text()], [200, ""]);
  for (const connection of held) connection.close();
});
