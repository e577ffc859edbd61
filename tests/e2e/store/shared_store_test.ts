import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import { PEERS, sharedStore } from "../../support/programs/shared_store.ts";

const NEEDED = needs(...PEERS);
const IMAGE = "localhost/tiny:latest";

async function storeWithLayout() {
  const store = sharedStore();
  const layout = store.join("tiny");
  await writeBusyboxLayout(layout);
  return { store, layout: `oci:${layout}:latest` };
}

Deno.test("podman and its kin use what orlop pulled", NEEDED, async (t) => {
  const { store: opened, layout } = await storeWithLayout();
  await using store = opened;
  const { orlop, podman, buildah, storage } = store;
  const id = await orlop("pull", layout);
  assertEquals(store.check(), []);

  await t.step("list it", async () => {
    const format = ["--format", "{{.ID}}", "--no-trunc", "--quiet"];
    assertEquals(await podman("images", ...format), `sha256:${id}`);
    const name = "{{.Name}}:{{.Tag}}";
    assertEquals(await buildah("images", "--format", name), IMAGE);
    assertStringIncludes(await storage("images"), IMAGE);
    assertEquals(await podman("image", "inspect", "-f", "{{.Id}}", IMAGE), id);
  });
  await t.step("run it", async () => {
    assertEquals(await store.podmanRun("--rm", IMAGE, "echo", "hi"), "hi");
  });
  await t.step("build on it", async () => {
    const container = await buildah("from", "--pull-never", IMAGE);
    const root = await buildah("mount", container);
    assert(existsSync(join(root, "bin", "busybox")));
    await buildah("umount", container);
    await buildah("rm", container);
  });
  await t.step("push it, byte for byte", async () => {
    const target = store.join("pushed");
    await store.copy(IMAGE, `dir:${target}`);
    const { layers } = JSON.parse(
      readFileSync(join(target, "manifest.json"), "utf8"),
    );
    const hex = layers[0].digest.slice("sha256:".length);
    const index = JSON.parse(
      readFileSync(store.join("tiny", "index.json"), "utf8"),
    );
    const [manifest] = index.manifests;
    const original = JSON.parse(readFileSync(
      store.join("tiny", "blobs", "sha256", manifest.digest.slice(7)),
      "utf8",
    ));
    assertEquals(hex, original.layers[0].digest.slice(7));
  });
  await t.step("delete it", async () => {
    await podman("rmi", IMAGE);
    assertEquals(await orlop("images", "-q"), "");
    assertEquals(store.check(), []);
    assertEquals(readFileSync(layersFile(store.root), "utf8"), "[]");
  });
});

Deno.test("orlop uses what podman and its kin put", NEEDED, async (t) => {
  const { store: opened, layout } = await storeWithLayout();
  await using store = opened;
  const { orlop, podman, storage } = store;
  await store.copy(layout, IMAGE);
  await t.step("lists it", async () => {
    assertStringIncludes(await orlop("images"), "localhost/tiny");
    assertEquals(
      await orlop("images", "-q", "--no-trunc"),
      await podman("images", "-q", "--no-trunc"),
    );
  });
  await t.step("makes, starts and removes a container of it", async () => {
    await orlop("container", "create", "--pod", "new:p", "--name", "c", "tiny");
    const root = await orlop("start", "c");
    assert(existsSync(join(root, "bin", "busybox")));
    assertStringIncludes(await podman("ps", "-a", "--external"), "c");
    await orlop("stop", "c");
    await orlop("rm", "c");
  });
  await t.step("lists a layer and container of the CLI", async () => {
    const [id = ""] = (await storage("create-container", "-n", "other", IMAGE))
      .split("\n");
    assertStringIncludes(await orlop("ps", "--all"), "other");
    await storage("delete-container", id);
  });
  await t.step("deletes it", async () => {
    await orlop("pod", "rm", "p");
    await orlop("rmi", "tiny");
    const names = await podman("images", "--format", "{{.Repository}}");
    assertFalse(names.includes("tiny"));
    assertEquals(store.check(), []);
  });
});

Deno.test("mounts of orlop outlive podman's commands", NEEDED, async () => {
  const { store: opened, layout } = await storeWithLayout();
  await using store = opened;
  const { orlop, podman, storage } = store;
  await orlop("pull", layout);
  await orlop("container", "create", "--pod", "new:p", "--name", "c", "tiny");
  const root = await orlop("start", "c");
  writeFileSync(join(root, "mine"), "");
  const before = store.mounts();
  await podman("images");
  await podman("ps", "-a", "--external");
  await store.podmanRun("--rm", IMAGE, "true");
  await storage("mount", "c"); // one more user
  await storage("unmount", "c");
  await storage("shutdown").catch(() => "refused: a layer is mounted");
  assertEquals(store.mounts(), before);
  assert(existsSync(join(root, "mine")));
  await orlop("stop", "c");
  assertEquals(store.mounts(), []);
});

Deno.test("mounts of podman outlive orlop's commands", NEEDED, async () => {
  const { store: opened, layout } = await storeWithLayout();
  await using store = opened;
  const { orlop, podman } = store;
  await orlop("pull", layout);
  const id = await store.podmanRun("-d", "--name", "p1", IMAGE, "sleep", "99");
  try {
    await orlop("container", "create", "--pod", "new:p", "--name", "c", "tiny");
    const before = store.mounts();
    await orlop("start", "c");
    await orlop("stop", "c");
    await orlop("rm", "c");
    await orlop("pod", "rm", "p");
    assertEquals(store.mounts(), before);
    assertEquals((await store.tryOrlop("rmi", "tiny")).code, 4);
    assertNotEquals((await store.tryOrlop("rm", "p1")).code, 0);
    assertEquals(await podman("exec", "p1", "echo", "alive"), "alive");
  } finally {
    await podman("rm", "-f", "-t", "0", id);
  }
  assertEquals(store.check(), []);
});

function layersFile(root: string): string {
  return join(root, "overlay-layers", "layers.json");
}
