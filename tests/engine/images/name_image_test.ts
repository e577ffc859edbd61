import { assertEquals, assertRejects } from "@std/assert";
import { listImages } from "../../../src/engine/images/list_images.ts";
import { tagImage, untagImage } from "../../../src/engine/images/name_image.ts";
import { ImageNotFoundError } from "../../../src/errors/not_found_errors.ts";
import {
  addImage,
  type TestRuntime,
  testRuntime,
} from "../../support/test_runtime.ts";

async function namesIn({ agent }: TestRuntime) {
  return (await listImages(agent)).map(({ names }) => names);
}

async function subject() {
  const test = testRuntime({
    registriesConf: '[aliases]\n"t"="quay.io/o/t"\n',
  });
  const ids = [
    await addImage(test.agent, { names: ["quay.io/o/t:latest", "a/b:1"] }),
    await addImage(test.agent, { names: ["c/d:2"] }),
  ] as const;
  return { ...test, ids };
}

Deno.test("tagImage() gives a name to one image, and takes it from another", async () => {
  using test = await subject();
  const { agent, ids } = test;
  assertEquals(
    await tagImage(agent, "t", { name: "x/y" }),
    "localhost/x/y:latest",
  );
  assertEquals(
    await tagImage(agent, ids[1], { name: "docker.io/a/b:1" }),
    "docker.io/a/b:1",
  );
  assertEquals(await namesIn(test), [
    ["localhost/x/y:latest", "quay.io/o/t:latest"],
    ["docker.io/a/b:1", "docker.io/c/d:2"],
  ]);
  assertEquals(await namesIn(test.reopen()), await namesIn(test));
});

Deno.test("tagImage() takes no digest, and no image that is not there", async () => {
  using test = await subject();
  const before = await namesIn(test);
  const name = `a/b@sha256:${"a".repeat(64)}`;
  await assertRejects(
    () => tagImage(test.agent, "t", { name }),
    SyntaxError,
    `Cannot tag an image "${name}": a digest cannot be given`,
  );
  await assertRejects(
    () => tagImage(test.agent, "none", { name: "a" }),
    ImageNotFoundError,
  );
  await assertRejects(
    () => tagImage(test.agent, "t", { name: "A" }),
    SyntaxError,
  );
  const signal = AbortSignal.abort("enough");
  const error = await tagImage(test.agent, "t", { name: "a", signal })
    .catch((error) => error);
  assertEquals(error, "enough");
  assertEquals(await namesIn(test), before);
});

Deno.test("untagImage() removes names, and no others", async (t) => {
  const all = ["quay.io/o/t:latest", "docker.io/a/b:1"];
  const others = ["docker.io/c/d:2"];
  const cases: readonly (readonly [
    string,
    readonly string[] | undefined,
    readonly string[],
    readonly string[],
  ])[] = [
    ["t", undefined, all, []],
    ["t", ["t"], ["quay.io/o/t:latest"], ["docker.io/a/b:1"]],
    ["a/b:1", ["t", "a/b:1"], all, []],
    ["t", [], [], all],
  ];
  for (const [image, names, removed, kept] of cases) {
    await t.step(JSON.stringify(names) ?? "all", async () => {
      using test = await subject();
      const options = names === undefined ? {} : { names };
      assertEquals(await untagImage(test.agent, image, options), removed);
      assertEquals(await namesIn(test.reopen()), [kept, others]);
    });
  }
  await t.step("that are not the image's", async () => {
    using test = await subject();
    const { agent, ids: [id] } = test;
    for (const name of ["c/d:2", "none", id]) {
      const error = await assertRejects(
        () => untagImage(agent, "t", { names: ["a/b:1", name] }),
        ImageNotFoundError,
      );
      assertEquals(
        [error.message, error.imageName],
        [`Cannot untag "${name}": image "${id}" does not have this name`, name],
      );
    }
    await assertRejects(() => untagImage(agent, "none"), ImageNotFoundError);
    assertEquals(await namesIn(test), [all, others]);
  });
});
