/** Cleanups beside others: podman, buildah, pulls, runs, and each other. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { existsSync, readFileSync } from "node:fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { holdLock } from "../../support/programs/lock_holder.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import { until } from "../../support/until.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import { killProcess } from "../../support/kill_process.ts";

const NEEDED = needs(...PEERS);
const ALL = ["--all", "--containers=stopped", "--leftover-age=0s"];

/** A store with images of these names, each with a layer of its own. */
async function storeWith(...names: string[]): Promise<SharedStore> {
  const store = sharedStore();
  for (const name of names) {
    const layout = store.join(name);
    await writeLayout(layout, [await layerOf({ [`${name}.txt`]: name })]);
    await store.orlop("pull", `oci:${layout}:latest`);
  }
  return store;
}

async function listImages({ orlop }: SharedStore): Promise<string[]> {
  const format = ["--format", "{{.Repository}}"];
  const out = await orlop("images", ...format);
  return out.split("\n").filter((line) => line !== "")
    .map((line) => line.replace("localhost/", "")).toSorted();
}

Deno.test("gc leaves alone what podman and buildah use", NEEDED, async () => {
  await using store = await storeWith("created", "built", "mounted", "free");
  const { orlop, podman, buildah } = store;
  const created = await podman("create", "localhost/created", "/x");
  const working = await buildah("from", "--pull-never", "localhost/built");
  const mounted = await podman("image", "mount", "localhost/mounted");
  assertStringIncludes(
    await orlop("gc", ...ALL),
    "Removed unused image localhost/free:latest",
  );
  assertEquals(await listImages(store), ["built", "created", "mounted"]);
  assert(existsSync(join(mounted, "mounted.txt")));
  assertStringIncludes(await buildah("mount", working), store.root);
  await buildah("umount", working);
  await podman("image", "unmount", "localhost/mounted");
  await podman("rm", created);
  await buildah("rm", working);
  // They were in use when gc looked: that counts as their last use.
  assertEquals(await orlop("gc", "--older-than=1h"), "");
  await orlop("gc", ...ALL);
  assertEquals(await listImages(store), []);
  assertEquals(store.check(), []);
  assertEquals(await podman("images", "-q"), "");
});

Deno.test("two gc at once, and podman, do no harm", NEEDED, async () => {
  await using store = await storeWith("a", "b", "c");
  const { orlop, podman } = store;
  await orlop("image", "pin", "a");
  const runs = await Promise.all([
    orlop("gc", "--all"),
    orlop("gc", "--all"),
    // Not "images": it fails when an image goes while it lists them.
    podman("create", "localhost/a", "/x"),
    orlop("df"),
  ]);
  const removed = runs.slice(0, 2).join("\n").match(/^Removed/gm) ?? [];
  assertEquals(removed.length, 2);
  await podman("rm", runs[2]);
  assertEquals(await listImages(store), ["a"]);
  await orlop("image", "unpin", "a");
  assertMatch(await orlop("gc", "--all"), /^Removed unused image .*\/a:latest/);
  assertEquals(store.check(), []);
});

Deno.test("gc leaves alone the layers of a pull", NEEDED, async () => {
  await using store = sharedStore();
  const layout = store.join("slow");
  const layers = [
    await layerOf({ "base": "b" }),
    await layerOf({ "top": "t" }),
  ];
  await writeLayout(layout, layers);
  const go = Promise.withResolvers<void>();
  await using registry = await serveSlowly(layout, go.promise);
  const pulled = store.tryOrlop(
    ...["pull", "--tls-verify=false", `${registry.host}/slow:latest`],
  );
  const base = layers[0]?.diffId.slice("sha256:".length) ?? "";
  const records = layersFile(store);
  await until(() =>
    existsSync(records) && readFileSync(records, "utf8").includes(base)
  );
  assertEquals(await store.orlop("gc", ...ALL), "");
  assert(existsSync(join(store.root, "overlay", base)));
  go.resolve();
  const { code, err } = await pulled;
  assertEquals(code, 0, err);
  const paths = registry.requests.map(({ url }) => url);
  assertEquals(paths.length, new Set(paths).size); // nothing twice
  assertEquals(store.check(), []);
});

Deno.test("gc removes the container of a run that was killed", {
  ...NEEDED,
}, async () => {
  await using store = sharedStore();
  await writeBusyboxLayout(store.join("tiny"));
  await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
  const run = new Deno.Command(ORLOP, {
    args: [
      ...["--root", store.root, "--runroot", store.runRoot],
      ...["run", "--rm", "--name", "gone", "tiny", "sleep", "100"],
    ],
    env: { ORLOP_DENO: Deno.execPath() },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  const gc = () => store.orlop("gc", "--containers=vanished");
  const running = ["--filter", "name=gone", "--filter", "status=running"];
  let pid = "";
  await until(async () => {
    pid = await store.orlop("ps", "--format={{.Pid}}", ...running);
    return pid !== "";
  });
  assertEquals(await gc(), "");
  run.kill("SIGKILL");
  await run.status;
  assertEquals(await gc(), ""); // the container has outlived it
  killProcess(Number(pid), "SIGKILL");
  await until(() => !existsSync(`/proc/${pid}`));
  const gone = await gc();
  assertMatch(gone, /^Removed container gone /);
  assertMatch(gone, /\nRemoved container gone-pod-infra /);
  assertEquals(await store.orlop("ps", "-q"), "");
  assertEquals(store.mounts(), []);
  assertEquals(store.check(), []);
});

Deno.test("gc tells cron and monitors how it went", NEEDED, async (t) => {
  await using store = await storeWith("used", "free");
  const { orlop, tryOrlop } = store;
  await orlop("container", "create", "--name=app", "--pod=new:p", "used");
  const metrics = store.join("orlop.prom");

  await t.step("what it could not free, and who holds it", async () => {
    const args = ["gc", "--free=100%", "--metrics", metrics];
    const { code, out, err } = await tryOrlop(...args);
    assertEquals(code, 4);
    assertMatch(out, /^Removed unused image localhost\/free:latest/);
    assertMatch(err, /^orlop: Cannot free .* is held, or is not the store's\n/);
    assertMatch(err, /localhost\/used:latest \(.*: container .*"app".* uses/);
    const text = readFileSync(metrics, "utf8");
    assertStringIncludes(text, "\norlop_gc_success 0\n");
    assertStringIncludes(text, '{kind="unused_image"} 1\n');
  });
  await t.step("one line of JSON", async () => {
    const out = await orlop("gc", "--format=json", "--metrics", metrics);
    const { items, bytes, dryRun } = JSON.parse(out);
    assertEquals({ items, bytes, dryRun }, {
      items: [],
      bytes: 0,
      dryRun: false,
    });
    assertEquals(out.split("\n").length, 1);
    assertStringIncludes(readFileSync(metrics, "utf8"), "gc_success 1\n");
  });
  await t.step("that others hold the store", async () => {
    const lock = join(store.root, "overlay-images", "images.lock");
    await using holder = await holdLock(lock, {
      style: "posix",
      kind: "write",
    });
    const args = ["gc", "-q", "--wait=0", "--metrics", metrics];
    const { code, err } = await tryOrlop(...args);
    assertEquals(code, 75);
    assertStringIncludes(err, `process ${holder.pid} holds it`);
    assertStringIncludes(readFileSync(metrics, "utf8"), "gc_success 0\n");
  });
});

function layersFile({ root }: SharedStore): string {
  return join(root, "overlay-layers", "layers.json");
}

/** Serves a layout's image; its top layer only when it is told to. */
async function serveSlowly(layout: string, go: Promise<void>) {
  const index = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
  const [{ digest: manifestDigest }] = index.manifests;
  const read = (digest: string) =>
    Deno.readFile(`${layout}/blobs/sha256/${digest.slice("sha256:".length)}`);
  const { layers } = JSON.parse(
    new TextDecoder().decode(await read(manifestDigest)),
  );
  const top: string = layers.at(-1).digest;
  return serveHostile(async ({ url }) => {
    const digest = /\/blobs\/(sha256:[0-9a-f]+)$/.exec(url)?.[1];
    if (url.endsWith("/v2/")) return new Response("{}");
    if (digest === top) await go;
    if (digest !== undefined) return new Response(await read(digest));
    const type = "application/vnd.oci.image.manifest.v1+json";
    return new Response(await read(manifestDigest), {
      headers: {
        "content-type": type,
        "docker-content-digest": manifestDigest,
      },
    });
  });
}
