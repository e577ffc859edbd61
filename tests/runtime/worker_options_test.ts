import { assert, assertEquals } from "@std/assert";
import {
  receiverOptions,
  unpackerOptions,
} from "../../src/runtime/worker_options.ts";
import { serveHostile } from "../support/hostile_server.ts";
import type {
  PermissionReport,
  PermissionRequest,
} from "../support/permission_worker.ts";
import { tempDir } from "../support/temp_dir.ts";

const OWN = ["read its own", "write its own", "remove its own"];

Deno.test("workers may do their own part of a pull, and no more", async (t) => {
  using dir = tempDir();
  const [own, outside] = [dir.join("own"), dir.join("outside")];
  await Deno.mkdir(own);
  await Deno.mkdir(outside);
  await Deno.writeTextFile(`${outside}/module.ts`, "");
  await using registry = serveHostile(() => new Response());
  await using other = serveHostile(() => new Response());
  const repositoryUrl = `http://${registry.host}/v2/app/`;
  const access = { kind: "http", repositoryUrl } as const;
  const request: PermissionRequest = {
    ...{ own, outside, host: registry.host, otherHost: other.host },
  };
  const cases: readonly (readonly [string, WorkerOptions, string[]])[] = [
    [
      "the one that receives",
      receiverOptions({ access, downloads: own }),
      [...OWN, "fetch from the registry"],
    ],
    ["the one that unpacks", unpackerOptions({ staging: own }), OWN],
  ];
  for (const [name, options, allowed] of cases) {
    await t.step(name, async (t) => {
      const report = await tryIn(options, request);
      assert(Object.keys(report).length > 30);
      for (const [attempt, result] of Object.entries(report)) {
        await t.step(attempt, () => {
          assertEquals(result, allowed.includes(attempt) ? "done" : "denied");
        });
      }
    });
  }
  assertEquals(other.requests, []);
  const left = await Array.fromAsync(Deno.readDir(outside));
  assertEquals(left.map(({ name }) => name), ["module.ts"]);
});

Deno.test("workers may read a layout, but neither write it nor reach a host", async () => {
  using dir = tempDir();
  const [downloads, layout] = [dir.join("downloads"), dir.join("layout")];
  await Deno.mkdir(downloads);
  await Deno.mkdir(layout);
  await using server = serveHostile(() => new Response());
  const { host } = server;
  const access = { kind: "layout", directory: layout } as const;
  const options = receiverOptions({ access, downloads });
  const hosts = { host, otherHost: host };
  const around = { own: downloads, outside: layout, ...hosts };
  const report = await tryIn(options, around);
  assertEquals(report["fetch from the registry"], "denied");
  assertEquals(report["write outside"], "denied");
  const within = { own: layout, outside: layout, ...hosts };
  const reading = await tryIn(options, within);
  assertEquals(reading["read its own"], "done");
  assertEquals(reading["write its own"], "denied");
});

async function tryIn(
  options: WorkerOptions,
  request: PermissionRequest,
): Promise<PermissionReport> {
  const url = new URL("../support/permission_worker.ts", import.meta.url);
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
