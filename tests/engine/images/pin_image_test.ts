import { assert, assertEquals, assertRejects } from "@std/assert";
import { PolicyError } from "../../../src/errors/store_errors.ts";
import { PAUSE_IMAGE_NAME } from "../../../src/image/pause_image_name.ts";
import {
  addImage,
  APP,
  testPod,
  testRuntime,
} from "../../support/test_runtime.ts";

const NAME = "registry.k8s.io/Pause-Image:3.9".toLowerCase();

Deno.test("pinnedImages takes names, beginnings and middles, in any case", async (t) => {
  for (
    const [pattern, fits] of [
      [NAME, "yes"],
      [NAME.toUpperCase(), "yes"],
      ["registry.k8s.io/pause-image", "no"], // that is :latest
      ["registry.k8s.io/*", "yes"],
      ["Registry.K8S.io/pause*", "yes"],
      ["k8s.io/*", "no"],
      ["*pause*", "yes"],
      ["*PAUSE-i*", "yes"],
      ["*nothing*", "no"],
      ["*", "yes"],
      ["pause", "no"],
      ["*image:3.9", "no"], // an end is no pattern of CRI-O's
    ] as const
  ) {
    await t.step(pattern, async () => {
      using test = testRuntime({ pinnedImages: [pattern] });
      await addImage(test.agent, { names: [APP, NAME] });
      const [image] = await test.images.listImages();
      assertEquals(image?.pinned, fits === "yes");
    });
  }
});

Deno.test("pinnedImages takes short names as docker.io's", async () => {
  using test = testRuntime({ pinnedImages: ["busybox"] });
  await addImage(test.agent, { names: ["docker.io/library/busybox:latest"] });
  assert((await test.images.imageStatus("busybox")).pinned);
});

Deno.test("the pause image is pinned by default, and can be unpinned", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [PAUSE_IMAGE_NAME] });
  assert((await test.images.imageStatus(PAUSE_IMAGE_NAME)).pinned);
  await assertRejects(
    () => test.images.removeImage(PAUSE_IMAGE_NAME),
    PolicyError,
    "it is pinned",
  );
  await test.images.unpinImage(PAUSE_IMAGE_NAME);
  await test.reopen().images.removeImage(PAUSE_IMAGE_NAME);
});

Deno.test("pinImage() keeps an image from removal, on disk", async () => {
  using test = testRuntime();
  const id = await addImage(test.agent, { names: [APP, NAME] });
  assertEquals(await test.images.pinImage("app:1"), id);
  const { images } = test.reopen();
  assert((await images.imageStatus(id)).pinned);
  await images.removeImage(NAME); // a name only
  for (const containers of ["refuse", "remove"] as const) {
    await assertRejects(
      () => images.removeImage(APP, { containers }),
      PolicyError,
    );
  }
  const { deleted } = await images.removeImage(APP, { pinned: "remove" });
  assertEquals(deleted, [id]);
});

Deno.test("pinImage() keeps containers, if the image is not to go", async () => {
  using test = await testPod();
  await test.images.pinImage(APP);
  await assertRejects(
    () => test.images.removeImage(APP, { containers: "remove" }),
    PolicyError,
  );
  await test.runtime.getContainerMetadata("web");
});
