/** The newest containers-storage and orlop use each other's store. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { needs, needsThat } from "../../support/peers.ts";
import {
  NEWEST_STORAGE,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const TOOLS = needs(
  ...["root", "busybox", "mount", "findmnt", "tar", "runc", "podman"],
);
const BUILT = needsThat(
  existsSync(NEWEST_STORAGE),
  "the newest containers-storage is not built: scripts/newest_storage does",
);
const NEEDED = { ignore: TOOLS.ignore || BUILT.ignore };
const NAME = "localhost/two:latest";
const TOP = archive(
  { name: "etc", type: "5", mode: 0o755 },
  file("etc/hello", "hello"),
);

interface Listed {
  readonly id: string;
  readonly parent?: string;
}

async function list(
  { newest }: SharedStore,
  kind: "layers" | "images" | "containers",
): Promise<readonly Listed[]> {
  return JSON.parse(await newest(kind, "--json"));
}

/** What the newest tool finds wrong; it fails if it finds something. */
async function judge({ newest }: SharedStore): Promise<unknown> {
  const report = JSON.parse(await newest("check", "--json"));
  return Object.fromEntries(
    Object.entries(report).filter(([, found]) =>
      found !== null && Object.keys(Object(found)).length > 0
    ),
  );
}

/** But for the driver's home, which the tool leaves bound to itself. */
function layerMounts(store: SharedStore): readonly string[] {
  return store.mounts().filter((target) => target.endsWith("/merged"));
}

Deno.test("the newest containers-storage uses orlop's store", {
  ...NEEDED,
}, async (t) => {
  await using store = sharedStore();
  const { orlop, newest } = store;
  const layout = store.join("two");
  await writeBusyboxLayout(layout, { layers: [TOP] });
  const image = await orlop("pull", `oci:${layout}:latest`);
  await orlop("container", "create", "--pod", "new:p", "--name", "c", "two");

  await t.step("lists what is in it", async () => {
    const ids = (await list(store, "layers")).map(({ id }) => id);
    assertEquals(ids.length, 5);
    const images = (await list(store, "images")).map(({ id }) => id);
    assert(images.includes(image));
    assertEquals((await list(store, "containers")).length, 2);
    assertStringIncludes(await newest("images"), NAME);
  });
  await t.step("mounts a layer, and a container", async () => {
    const top = (await list(store, "layers")).find(({ parent }) => parent);
    for (const name of ["c", top?.id ?? ""]) {
      const root = await newest("mount", name);
      assertEquals(readFileSync(join(root, "etc/hello"), "utf8"), "hello");
      await newest("unmount", name);
    }
    assertEquals(layerMounts(store), []);
  });
  await t.step("counts the mounts of orlop", async () => {
    const root = await orlop("start", "c");
    writeFileSync(join(root, "mine"), "");
    assertEquals(await newest("mount", "c"), root);
    await newest("unmount", "c");
    assert(existsSync(join(root, "mine")));
    assertEquals(await judge(store), {});
    await orlop("stop", "c");
    assertEquals(layerMounts(store), []);
  });
  await t.step("makes and removes a container and a layer", async () => {
    await newest("create-container", "-n", "other", NAME);
    assertStringIncludes(await orlop("ps", "--all"), "other");
    const [layer = ""] = (await newest("create-layer")).split("\n");
    await newest("delete-layer", layer);
    await newest("delete-container", "other");
    assertEquals(store.check("allowed"), []); // it leaves an empty directory
  });
  await t.step("finds it whole, whatever orlop did", async () => {
    await orlop("start", "c");
    await orlop("stop", "c");
    await orlop("push", "two", `oci:${store.join("pushed")}:1`);
    assertEquals(await judge(store), {});
    await orlop("rm", "c");
    await orlop("pod", "rm", "p");
    await orlop("gc", "--all");
    assertEquals(await judge(store), {});
  });
  await t.step("does not mind backups and damaged files", async () => {
    await orlop("pull", `oci:${layout}:latest`);
    const table = join(store.root, "overlay-images", "images.json");
    writeFileSync(table, "");
    await orlop("check", "--repair");
    await orlop("pull", `oci:${layout}:latest`); // its name is in no file
    const names = readdirSync(join(store.root, "overlay-images"));
    assert(names.some((name) => name.includes(".damaged-")), `${names}`);
    assert(names.includes("images.json.orlop-backup"), `${names}`);
    assertEquals(await judge(store), {});
    await newest("gc");
    assertEquals(readdirSync(join(store.root, "overlay-images")), names);
    assertStringIncludes(await newest("images"), NAME);
  });
  await t.step("deletes its images", async () => {
    await newest("delete-image", NAME);
    assertEquals(await orlop("images", "-q", "two"), "");
    assertEquals(store.check("allowed"), []);
  });
});

/** A store of the newest tool: an image of two layers, and a container. */
async function fillByNewest(store: SharedStore): Promise<string> {
  const { newest } = store;
  const layout = store.join("two");
  await writeBusyboxLayout(layout, { layers: [TOP] });
  const blobs = join(layout, "blobs", "sha256");
  const read = (digest: string) =>
    JSON.parse(readFileSync(join(blobs, digest.slice(7)), "utf8"));
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  const { digest } = index.manifests[0];
  const { config, layers } = read(digest);
  let top: readonly string[] = [];
  for (const layer of layers) {
    const blob = join(blobs, layer.digest.slice(7));
    const args = ["import-layer", "--readonly", "--file", blob, ...top];
    top = (await newest(...args)).split("\n").slice(0, 1);
  }
  // Not the digest of its config: an ID means nothing.
  const id = "f".repeat(128);
  const name = "localhost/made:1";
  await newest("create-image", "-i", id, "-d", digest, "-n", name, ...top);
  const items = {
    [config.digest]: config.digest,
    [`manifest-${digest}`]: digest,
    manifest: digest,
  };
  for (const [key, value] of Object.entries(items)) {
    const path = join(blobs, value.slice(7));
    await newest("set-image-data", "-f", path, name, key);
  }
  await newest("create-container", "-n", "theirs", name);
  return id;
}

Deno.test("orlop uses a store of the newest containers-storage", {
  ...NEEDED,
}, async (t) => {
  await using store = sharedStore();
  const { orlop, tryOrlop, newest } = store;
  const id = await fillByNewest(store);
  const whole = "none damaged";

  await t.step("lists what is in it", async () => {
    assertEquals(await orlop("images", "-q", "--no-trunc"), `sha256:${id}`);
    assertStringIncludes(await orlop("ps", "--all"), "theirs");
    assertStringIncludes(await orlop("image", "inspect", "made:1"), id);
    assertStringIncludes(await orlop("history", "made:1"), "COMMENT");
  });
  await t.step("finds it whole, and nothing to remove", async () => {
    assertStringIncludes(await orlop("check", "--full"), whole);
    assertEquals(await orlop("gc", "--dry-run"), "");
  });
  for (const name of ["made:1", id, id.slice(0, 12)]) {
    await t.step(`runs ${name.slice(0, 20)}`, async () => {
      const args = ["run", "--rm", "--network=host", name];
      assertEquals(await orlop(...args, "cat", "/etc/hello"), "hello");
    });
  }
  await t.step("starts and removes a container of its own", async () => {
    const args = ["--pod", "new:p", "--name", "own", "made:1"];
    await orlop("container", "create", ...args);
    const root = await orlop("start", "own");
    assertEquals(readFileSync(join(root, "etc/hello"), "utf8"), "hello");
    assertEquals(await newest("mount", "own"), root);
    await newest("unmount", "own");
    await orlop("stop", "own");
    assertEquals(await judge(store), {});
    await orlop("rm", "own");
    await orlop("pod", "rm", "p");
  });
  await t.step("leaves alone what is not its own", async () => {
    assertEquals((await tryOrlop("rm", "--force", "theirs")).code, 5);
    assertEquals((await tryOrlop("rmi", "--force", "made:1")).code, 4);
    await orlop("gc", "--all");
    assertStringIncludes(await newest("containers"), "theirs");
    assertEquals(await judge(store), {});
  });
  await t.step("keeps what it does not know", async () => {
    const path = join(store.root, "overlay-layers", "layers.json");
    const records = JSON.parse(readFileSync(path, "utf8"));
    const odd = { "of-tomorrow": [1], ...records[0] };
    writeFileSync(path, JSON.stringify([odd, ...records.slice(1)]));
    mkdirSync(join(store.root, "overlay", "tempdirs"), { recursive: true });
    await orlop(
      "container",
      "create",
      "--pod",
      "new:q",
      "--name",
      "x",
      "made:1",
    );
    const [first] = JSON.parse(readFileSync(path, "utf8"));
    assertEquals(first["of-tomorrow"], [1]);
    await orlop("pod", "rm", "--force", "q");
  });
  await t.step("saves it, and removes it", async () => {
    await orlop("save", "-o", store.join("made.tar"), "made:1");
    await newest("delete-container", "theirs");
    await orlop("rmi", "made:1");
    assertEquals(await newest("exists", "-q", id).catch(() => "no"), "no");
    assertEquals(await judge(store), {});
  });
});
