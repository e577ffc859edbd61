import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { existsSync } from "node:fs";
import { pushImage } from "../../../src/engine/copy/push_image.ts";
import {
  saveImages,
  type SaveOptions,
} from "../../../src/engine/copy/save_images.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { InvalidImageNameError } from "../../../src/errors/naming_errors.ts";
import { ImageNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { needs } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";

/** A store with two images, of which one has two names. */
async function makeStore() {
  const made = storeAgent();
  const [one, two] = [made.dir.join("one"), made.dir.join("two")] as const;
  await writeTestLayout(one, { ref: "localhost/one:1" });
  await writeLayout(two, []);
  const { imageId } = await pullImage(made.agent, `oci:${one}`);
  await pullImage(made.agent, `oci:${one}:localhost/one:1`);
  const { imageId: otherId } = await pullImage(made.agent, `oci:${two}`);
  return { ...made, imageId, otherId };
}

/** By position in the archive, the names of its images. */
async function namesIn(path: string): Promise<readonly (readonly string[])[]> {
  const args = ["-xOf", path, "manifest.json"];
  const { stdout } = await new Deno.Command("tar", { args }).output();
  const listed: { RepoTags: string[] }[] = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return listed.map(({ RepoTags }) => RepoTags);
}

Deno.test("saveImages() writes the names that were asked for", {
  ...needs("root", "tar"),
}, async (t) => {
  using made = await makeStore();
  const { agent, dir, imageId, otherId } = made;
  const path = dir.join("a.tar");
  const saved = async (
    images: readonly string[],
    options: Partial<SaveOptions> = {},
  ) => {
    await saveImages(agent, images, { path, ...options });
    const names = await namesIn(path);
    await Deno.remove(path);
    return names;
  };
  const name = "localhost/one:1";
  await t.step("one", async () => {
    assertEquals(await saved(["one:1"]), [[name]]);
  });
  await t.step("an ID has no name", async () => {
    assertEquals(await saved([imageId]), [[]]);
  });
  await t.step("an image that is named twice is there once", async () => {
    assertEquals(await saved(["one:1", imageId, "one:1"]), [[name]]);
  });
  await t.step("two images", async () => {
    assertEquals(await saved(["one:1", otherId]), [[name], []]);
    await assertRejects(
      () => saved(["one:1", otherId], { format: "oci-archive" }),
      InvalidImageNameError,
      "Cannot save 2 names",
    );
  });
  await t.step("further names, of which short ones are local", async () => {
    const additionalNames = ["b", "quay.io/c/d:2"];
    assertEquals(await saved(["one:1"], { additionalNames }), [
      [name, "localhost/b:latest", "quay.io/c/d:2"],
    ]);
  });
});

Deno.test("saveImages() and pushImage() refuse, and leave nothing", {
  ...needs("root", "tar"),
}, async (t) => {
  using made = await makeStore();
  const { agent, dir, imageId } = made;
  const path = dir.join("saved");
  for (const format of ["oci-archive", "oci-dir", "docker-dir"] as const) {
    await t.step(`two names in ${format}`, async () => {
      await assertRejects(
        () =>
          saveImages(agent, ["one:1"], {
            ...{ path, format, additionalNames: ["b"] },
          }),
        InvalidImageNameError,
        `Cannot save 2 names: format "${format}" takes one`,
      );
      await saveImages(agent, ["one:1"], { path, format });
      if (format === "oci-dir") {
        const index = await Deno.readTextFile(join(path, "index.json"));
        const key = "org.opencontainers.image.ref.name";
        const [{ annotations }] = JSON.parse(index).manifests;
        assertEquals(annotations[key], "localhost/one:1");
      }
      await Deno.remove(path, { recursive: true });
    });
  }
  await t.step("one of two is unknown", async () => {
    await assertRejects(
      () => saveImages(agent, ["one:1", "none:1"], { path }),
      ImageNotFoundError,
    );
  });
  await t.step("a push that no one reports where to", async () => {
    await assertRejects(
      () => pushImage(agent, imageId),
      InvalidImageNameError,
      "an ID names no destination",
    );
  });
  await t.step("a push to a store", async () => {
    await assertRejects(
      () =>
        pushImage(agent, "one:1", { destination: "containers-storage:b:1" }),
      InvalidImageNameError,
      "it is a store already",
    );
  });
  assertFalse(existsSync(path));
});

Deno.test("pushImage() goes to a folder, with compressed layers if asked", {
  ...needs("root", "tar"),
}, async () => {
  using made = await makeStore();
  const layersOf = async (path: string) => {
    const manifest = await Deno.readTextFile(`${path}/manifest.json`);
    const { layers }: { layers: { mediaType: string }[] } = JSON.parse(
      manifest,
    );
    return new Set(layers.map(({ mediaType }) => mediaType.slice(-4)));
  };
  const [plain, packed] = [made.dir.join("p"), made.dir.join("c")] as const;
  await pushImage(made.agent, "one:1", { destination: `dir:${plain}` });
  await pushImage(made.agent, "one:1", {
    ...{ destination: `dir:${packed}`, layers: "compressed" },
  });
  assertEquals(await layersOf(plain), new Set([".tar"]));
  assertEquals(await layersOf(packed), new Set(["gzip"]));
});
