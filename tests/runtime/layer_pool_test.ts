import { assert, assertEquals } from "@std/assert";
import type { BlobAccess } from "../../src/formats/blob_source.ts";
import { workerOptions } from "../../src/runtime/layer_pool.ts";
import { serveHostile } from "../support/hostile_server.ts";
import type {
  PermissionReport,
  PermissionRequest,
} from "../support/permission_worker.ts";
import { tempDir } from "../support/temp_dir.ts";

const ALLOWED = [
  "read staging",
  "write staging",
  "remove in staging",
  "fetch from the registry",
];

Deno.test("workers may reach their registry, write staging, and no more", async (t) => {
  using dir = tempDir();
  const [staging, outside] = [dir.join("staging"), dir.join("outside")];
  await Deno.mkdir(staging);
  await Deno.mkdir(outside);
  await Deno.writeTextFile(`${outside}/module.ts`, "");
  await using registry = serveHostile(() => new Response());
  await using other = serveHostile(() => new Response());
  const report = await tryIn(
    { kind: "http", repositoryUrl: `http://${registry.host}/v2/app/` },
    { staging, outside, host: registry.host, otherHost: other.host },
  );
  assert(Object.keys(report).length > 30);
  for (const [attempt, result] of Object.entries(report)) {
    await t.step(attempt, () => {
      assertEquals(result, ALLOWED.includes(attempt) ? "done" : "denied");
    });
  }
  assertEquals(other.requests, []);
  const left = await Array.fromAsync(Deno.readDir(outside));
  assertEquals(left.map(({ name }) => name), ["module.ts"]);
});

Deno.test("workers may read a layout, but neither write it nor reach a host", async () => {
  using dir = tempDir();
  const [staging, layout] = [dir.join("staging"), dir.join("layout")];
  await Deno.mkdir(staging);
  await Deno.mkdir(layout);
  await using server = serveHostile(() => new Response());
  const { host } = server;
  const access: BlobAccess = { kind: "layout", directory: layout };
  const request = { staging, outside: layout, host, otherHost: host };
  const report = await tryIn(access, request, staging);
  assertEquals(report["fetch from the registry"], "denied");
  assertEquals(report["write outside"], "denied");
  const reading = await tryIn(
    access,
    { ...request, staging: layout },
    staging,
  );
  assertEquals(reading["read staging"], "done");
  assertEquals(reading["write staging"], "denied");
});

async function tryIn(
  access: BlobAccess,
  request: PermissionRequest,
  directory = request.staging,
): Promise<PermissionReport> {
  const url = new URL("../support/permission_worker.ts", import.meta.url);
  const options = workerOptions({ access, directories: [directory] });
  const worker = new Worker(url, options);
  const { promise, resolve, reject } = Promise.withResolvers<
    PermissionReport
  >();
  worker.onmessage = ({ data }: MessageEvent<PermissionReport>) =>
    resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage(request);
  try {
    return await promise;
  } finally {
    worker.terminate();
  }
}
