import { assert, assertEquals } from "@std/assert";
import { expandOptions } from "../../../src/engine/media/expand_in_worker.ts";
import { workerOptions } from "../../../src/engine/transfer/worker_options.ts";
import type {
  PermissionReport,
  PermissionRequest,
} from "../../support/programs/permission_worker.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

const OWN = ["read its own", "write its own", "remove its own"];

Deno.test("a worker may write where it unpacks layers, and no more", async (t) => {
  using dirs = makeDirs();
  const { staging, downloads, outside } = dirs;
  await using registry = serveHostile(() => new Response());
  await using other = serveHostile(() => new Response());
  const hosts = { host: registry.host, otherHost: other.host };
  const options = workerOptions({ staging, downloads });
  const report = await tryIn(options, { own: staging, outside, ...hosts });
  assert(Object.keys(report).length > 30);
  for (const [attempt, result] of Object.entries(report)) {
    await t.step(attempt, () => {
      assertEquals(result, OWN.includes(attempt) ? "done" : "denied");
    });
  }
  assertEquals(registry.requests, []);
  assertEquals(other.requests, []);
  const left = await Array.fromAsync(Deno.readDir(outside));
  assertEquals(left.map(({ name }) => name), ["module.ts"]);
});

Deno.test("a worker may read blobs, but not change them", async () => {
  using dirs = makeDirs();
  const { staging, downloads, outside } = dirs;
  const files = outside;
  const options = workerOptions({ staging, downloads, files: [files] });
  for (const own of [downloads, files]) {
    const elsewhere = { outside: own, host: "127.0.0.1:1" };
    const report = await tryIn(options, {
      ...{ own, ...elsewhere, otherHost: elsewhere.host },
    });
    assertEquals(OWN.map((attempt) => report[attempt]), [
      "done",
      "denied",
      "denied",
    ]);
  }
});

Deno.test("a worker that decompresses may read that file alone", async () => {
  using dirs = makeDirs();
  const { staging, downloads, outside } = dirs;
  const options = expandOptions({
    ...{ path: `${downloads}/a.tar`, target: `${staging}/plain` },
  });
  for (const own of [staging, downloads, outside]) {
    const report = await tryIn(options, {
      ...{ own, outside, host: "127.0.0.1:1", otherHost: "127.0.0.1:1" },
    });
    const done = Object.entries(report).filter(([, result]) =>
      result === "done"
    );
    const mayWrite = own === staging ? ["write its own", "remove its own"] : [];
    assertEquals(done.map(([attempt]) => attempt), mayWrite);
  }
});

function makeDirs() {
  const dir = tempDir();
  const [staging, downloads, outside] = [
    ...[dir.join("staging"), dir.join("downloads"), dir.join("outside")],
  ] as const;
  for (const path of [staging, downloads, outside]) Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${outside}/module.ts`, "");
  return {
    ...{ staging, downloads, outside },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

async function tryIn(
  options: WorkerOptions,
  request: PermissionRequest,
): Promise<PermissionReport> {
  const url = new URL(
    "../../support/programs/permission_worker.ts",
    import.meta.url,
  );
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
