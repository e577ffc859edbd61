import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ImageServer } from "../../src/engine/image_server.ts";
import { mountLayer } from "../../src/engine/mounts/mount_layer.ts";
import { MOUNT_LOCKS } from "../../src/engine/mounts/mount_counts.ts";
import { storeImage } from "../../src/engine/transfer/store_image.ts";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { InUseError } from "../../src/errors/store_errors.ts";
import { InvalidImageNameError } from "../../src/errors/naming_errors.ts";
import { ImageNotFoundError } from "../../src/errors/not_found_errors.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { layerOf } from "../support/images/stacked_layout.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import { makeImage, serveImage } from "../support/servers/served_image.ts";
import {
  addImage,
  APP,
  containerOptions,
  testPod,
  testRuntime,
} from "../support/test_runtime.ts";

Deno.test("listImages() lists all, or what a filter finds", async () => {
  using test = testRuntime();
  const { images } = test;
  assertEquals(await images.listImages(), []);
  const id = await addImage(test.agent, { names: [APP] });
  const other = await addImage(test.agent, {
    names: ["quay.io/a/b:1"],
    config: { Cmd: ["/b"] },
  });
  const idsOf = async (filter?: string) =>
    (await images.listImages(filter)).map((image) => image.id);
  assertEquals(await idsOf(), [id, other]);
  assertEquals(await idsOf(""), [id, other]);
  for (
    const filter of [
      "quay.io/a/b:1",
      "docker://quay.io/a/b:1",
      `@${other}`,
      other.slice(0, 12),
    ]
  ) {
    assertEquals(await idsOf(filter), [other], filter);
  }
  assertEquals(await idsOf("quay.io/a/b:2"), []);
  assertEquals(await idsOf("no name at all"), []);
});

Deno.test("imageStatus() tells names, digests, size, users and config", async () => {
  using test = await testPod();
  const status = await test.images.imageStatus(APP);
  assertEquals(status.id, test.imageId);
  assertEquals(status.names, [APP]);
  assertEquals(status.repoDigests, [`localhost/app@${status.digest}`]);
  assertEquals(status.usedBy, ["web-infra"]);
  assertEquals(status.config?.config.Cmd, ["/bin/app"]);
  assertEquals(status.namesHistory, [APP]);
  assertEquals(status.created, "2026-01-02T03:04:05Z");
  await assertRejects(
    () => test.images.imageStatus("none"),
    ImageNotFoundError,
    'Cannot find image "none"',
  );
});

Deno.test("a tag that moves leaves a dangling image with its ID", async () => {
  using test = testRuntime();
  const { images } = test;
  const old = await addImage(test.agent, { names: [APP] });
  const config = { Cmd: ["/new"] };
  const young = await addImage(test.agent, { names: [APP], config });
  assertEquals((await images.imageStatus(APP)).id, young);
  const status = await images.imageStatus(old);
  assertEquals([status.names, status.namesHistory], [[], [APP]]);
});

Deno.test("tagImage() adds a full name, and takes it from others", async () => {
  using test = testRuntime();
  const { images } = test;
  const id = await addImage(test.agent, { names: [APP] });
  const config = { Cmd: ["/b"] };
  const other = await addImage(test.agent, {
    names: ["quay.io/a/b:1"],
    config,
  });
  assertEquals(await images.tagImage(APP, "mine"), "localhost/mine:latest");
  assertEquals(await images.tagImage(id, "quay.io/a/b:1"), "quay.io/a/b:1");
  const { names } = await images.imageStatus(id);
  assertEquals(names, ["quay.io/a/b:1", "localhost/mine:latest", APP]);
  assertEquals((await images.imageStatus(other)).names, []);
  for (const bad of ["UPPER", "a b", `x@sha256:${"0".repeat(64)}`]) {
    await assertRejects(() => images.tagImage(id, bad), SyntaxError);
  }
});

Deno.test("untagImage() takes names away; the image stays", async () => {
  using test = testRuntime();
  const { images } = test;
  const id = await addImage(test.agent, { names: [APP, "quay.io/a/b:1"] });
  assertEquals(await images.untagImage(APP, ["app:1"]), [APP]);
  await assertRejects(
    () => images.untagImage(id, ["app:1"]),
    ImageNotFoundError,
    "does not have this name",
  );
  assertEquals(await images.untagImage(id), ["quay.io/a/b:1"]);
  assertEquals((await images.imageStatus(id)).names, []);
});

Deno.test("removeImage() takes one name, and the image with the last", async () => {
  using test = testRuntime();
  const { images } = test;
  const id = await addImage(test.agent, { names: [APP, "quay.io/a/b:1"] });
  const { layers } = await images.imageStatus(id);
  assertEquals(await images.removeImage("app:1"), {
    ...{ untagged: [APP], deleted: [], deletedLayers: [] },
  });
  assertEquals(await images.removeImage("quay.io/a/b:1"), {
    untagged: ["quay.io/a/b:1"],
    deleted: [id],
    deletedLayers: layers,
  });
  await assertRejects(() => images.removeImage(id), ImageNotFoundError);
});

Deno.test("removeImage() by ID wants to be told if there are several names", async () => {
  using test = testRuntime();
  const { images } = test;
  const id = await addImage(test.agent, { names: [APP, "quay.io/a/b:1"] });
  await assertRejects(
    () => images.removeImage(id),
    InUseError,
    "several names",
  );
  const { deleted } = await images.removeImage(id, { names: "all" });
  assertEquals(deleted, [id]);
});

Deno.test("removeImage() refuses what is in use, and names the users", async () => {
  using test = await testPod();
  await test.runtime.createContainer(containerOptions());
  const error = await assertRejects(
    () => test.images.removeImage(APP),
    InUseError,
    '"web-infra", "server"',
  );
  assertEquals(error.users, ["web-infra", "server"]);
  const { deleted } = await test.images.removeImage(APP, {
    containers: "remove",
  });
  assertEquals(deleted, [test.imageId]);
});

Deno.test("removeImage() refuses what is mounted, also by force", async () => {
  using test = testRuntime();
  const { agent, images, mounter } = test;
  const id = await addImage(agent, { names: [APP] });
  const layerId = (await images.imageStatus(id)).layers.at(-1);
  assert(layerId !== undefined);
  {
    using held = await agent.store.lock(MOUNT_LOCKS);
    await mountLayer(agent, held, { layerId, access: "read-only" });
  }
  const before = [...mounter.table];
  for (const containers of ["refuse", "remove"] as const) {
    await assertRejects(
      () => images.removeImage(APP, { containers }),
      InUseError,
      `unmount it first: "podman image unmount ${APP}"`,
    );
  }
  assertEquals(mounter.table, before);
});

Deno.test("pullImage() takes a layout, notes the use, keeps the ID", async () => {
  using test = testRuntime();
  const { images } = test;
  const layout = test.dir.join("app");
  await writeTestLayout(layout, { ref: "quay.io/a/app:1" });
  const typed = `oci:${layout}:quay.io/a/app:1`;
  const { imageId, names, digest } = await images.pullImage(typed);
  assertEquals<unknown>(names, ["quay.io/a/app:1"]);
  const status = await images.imageStatus(`quay.io/a/app@${digest}`);
  assertEquals(status.id, imageId);
  assert(Date.now() - Date.parse(status.lastUsed ?? "") < 60_000);
  // The tag moves with the next one; the first stays, without a name.
  const other = test.dir.join("new");
  await writeTestLayout(other, { ref: "quay.io/a/app:1" });
  const next = await images.pullImage(`oci:${other}:quay.io/a/app:1`);
  assert(next.imageId !== imageId);
  assertEquals((await images.imageStatus(imageId)).names, []);
});

Deno.test("canPull() reports whether there is such an image", async () => {
  using test = testRuntime();
  const layout = test.dir.join("app");
  await writeTestLayout(layout, {
    platform: { os: "linux", architecture: "s390x" },
  });
  const { images } = test;
  assert(!(await images.canPull(`oci:${layout}`)));
  const platform = { os: "linux", architecture: "s390x" };
  assert(await images.canPull(`oci:${layout}`, { platform }));
  assertEquals(await images.listImages(), []);
});

Deno.test("canPull() fails on an image that lacks a part", async () => {
  using test = testRuntime();
  const image = makeImage([await layerOf({ a: "a" })]);
  const missing = new Set<string>([image.config.digest]);
  await using registry = serveImage(
    image,
    ({ name }) =>
      missing.has(name) ? new Response(null, { status: 404 }) : undefined,
  );
  const error = await assertRejects(
    () => test.images.canPull(registry.name),
    RegistryError,
    image.config.digest,
  );
  assertEquals([error.status, error.isImageUnknown], [404, false]);
  missing.add("1");
  assert(!(await test.images.canPull(registry.name)));
});

Deno.test("resolveNames() follows aliases and the search list", async () => {
  using test = testRuntime({
    registriesConf: `
      unqualified-search-registries = ["quay.io", "docker.io"]
      short-name-mode = "permissive"
      [aliases]
      fedora = "registry.fedoraproject.org/fedora"
    `,
  });
  const { images } = test;
  for (
    const [typed, names] of [
      ["quay.io/a/b", ["quay.io/a/b:latest"]],
      ["fedora:42", ["registry.fedoraproject.org/fedora:42"]],
      ["x", ["quay.io/x:latest", "docker.io/library/x:latest"]],
      ["a/b:1", ["quay.io/a/b:1", "docker.io/a/b:1"]],
    ] as const
  ) {
    assertEquals(await images.resolveNames(typed), [...names], typed);
  }
  await assertRejects(() => images.resolveNames("f".repeat(64)), SyntaxError);
});

Deno.test("resolveNames() fails if nothing reports which registry is meant", async () => {
  using test = testRuntime();
  await assertRejects(
    () => test.images.resolveNames("x"),
    InvalidImageNameError,
    "it names no registry",
  );
});

Deno.test("runtime servers use the store of their image server", async () => {
  using test = await testPod();
  using held = await test.agent.store.lock({ containers: "read" });
  assertEquals(held.containers.records.map(({ id }) => id), ["web-pod"]);
});

Deno.test("an agent that is not from openAgent() is refused", () => {
  using test = testRuntime();
  const { store: _, ...rest } = test.agent;
  assertThrows(
    () => new ImageServer(rest),
    TypeError,
    "Cannot use the agent: it is not from openAgent()",
  );
});

Deno.test("storeImage() takes names as people write them, but no others", async () => {
  using test = testRuntime();
  const layout = test.dir.join("app");
  await writeTestLayout(layout, {});
  const source = await openLayout(layout, {});
  await assertRejects(
    () => storeImage(test.agent, source, { names: ["localhost/App"] }),
    SyntaxError,
    "lowercase",
  );
  assertEquals(await test.images.listImages(), []);
  const { imageId } = await storeImage(test.agent, source, { names: ["app"] });
  const { names } = await test.images.imageStatus(imageId);
  assertEquals(names, ["docker.io/library/app:latest"]);
});
