import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { InvalidImageNameError } from "../../../src/errors/naming_errors.ts";
import { ImageNotFoundError } from "../../../src/errors/not_found_errors.ts";
import {
  addImage,
  APP,
  containerOptions,
  describeStore,
  testPod,
  type TestRuntime,
  testRuntime,
  type TestRuntimeOptions,
} from "../../support/test_runtime.ts";

const BUSYBOX = "docker.io/library/busybox";

/** A pod, and images named `names`; tells which image a container gets. */
async function testLookups(
  names: readonly string[],
  options: TestRuntimeOptions = {},
) {
  const test = await testPod(options);
  const ids = new Map<string, string>([[APP, test.imageId]]);
  for (const name of names) {
    const config = { Cmd: [name] };
    ids.set(name, await addImage(test.agent, { names: [name], config }));
  }
  let count = 0;
  return { ...test, ids, idOf: (name: string) => ids.get(name) ?? "", lookUp };

  async function lookUp(
    imageName: string,
    imageId?: string,
  ): Promise<string | undefined> {
    const containerName = `c${count++}`;
    const { id } = await test.runtime.createContainer(
      containerOptions({ containerName, imageName, imageId }),
    );
    const metadata = await test.runtime.getContainerMetadata(id);
    return [...ids].find(([, imageId]) => imageId === metadata.imageId)?.[0];
  }
}

async function digestOf({ images }: TestRuntime, name: string) {
  return (await images.imageStatus(name)).digest;
}

Deno.test("S12 createContainer() takes plain references", async (t) => {
  const names = [`${BUSYBOX}:latest`, `${BUSYBOX}:1.36`, "quay.io/a/b:1"];
  using test = await testLookups(names);
  for (
    const [typed, found] of [
      ["busybox", `${BUSYBOX}:latest`],
      ["busybox:1.36", `${BUSYBOX}:1.36`],
      ["library/busybox", `${BUSYBOX}:latest`],
      ["index.docker.io/busybox", `${BUSYBOX}:latest`],
      ["quay.io/a/b:1", "quay.io/a/b:1"],
      ["[overlay@/other/root+/other/run]busybox", `${BUSYBOX}:latest`],
      ["[/other/root]quay.io/a/b:1", "quay.io/a/b:1"],
    ] as const
  ) {
    await t.step(typed, async () => {
      assertEquals(await test.lookUp(typed), found);
    });
  }
});

Deno.test("S13 O2 createContainer() takes transports, and keeps the tag", async (t) => {
  using test = await testLookups([`${BUSYBOX}:latest`, `${BUSYBOX}:1.36`]);
  const digest = await digestOf(test, "busybox:1.36");
  const id = test.idOf(`${BUSYBOX}:1.36`);
  for (
    const [typed, found] of [
      ["docker://busybox", `${BUSYBOX}:latest`],
      ["docker://busybox:1.36", `${BUSYBOX}:1.36`],
      [`docker://busybox@${digest}`, `${BUSYBOX}:1.36`],
      ["containers-storage:busybox:1.36", `${BUSYBOX}:1.36`],
      [`containers-storage:@${id}`, `${BUSYBOX}:1.36`],
      [`containers-storage:${id}`, `${BUSYBOX}:1.36`],
      [`containers-storage:busybox:1.36@${id}`, `${BUSYBOX}:1.36`],
      [
        `containers-storage:[overlay@/r+/rr]@${id.slice(0, 9)}`,
        `${BUSYBOX}:1.36`,
      ],
    ] as const
  ) {
    await t.step(typed, async () => {
      assertEquals(await test.lookUp(typed), found);
    });
  }
});

Deno.test("S14 createContainer() takes IDs where no name parses", async (t) => {
  using test = await testLookups(["quay.io/a/b:1"]);
  const id = test.idOf("quay.io/a/b:1");
  for (
    const [imageName, imageId] of [
      ["", id],
      ["", id.slice(0, 12)],
      ["", `sha256:${id}`],
      [id, id],
      [id, ""],
      [`sha256:${id}`, ""],
      [`@${id}`, ""],
      [`@${id.slice(0, 5)}`, ""],
      [id.slice(0, 12), ""],
      ["UPPER case!", id],
    ] as const
  ) {
    await t.step(`${imageName} ${imageId}`, async () => {
      assertEquals(await test.lookUp(imageName, imageId), "quay.io/a/b:1");
    });
  }
});

Deno.test("S15 createContainer() reports why nothing parses", async (t) => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  for (
    const imageName of ["UPPER/case", "a b", "oci:/srv/layout", "@xyz", "a@b"]
  ) {
    await t.step(imageName, async () => {
      const error = await assertRejects(
        () => test.runtime.createContainer(containerOptions({ imageName })),
        InvalidImageNameError,
        "invalid image name: Cannot",
      );
      assert(error.cause instanceof SyntaxError);
    });
  }
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("S17 O4 createContainer() reports which image is missing", async (t) => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  const id = "0123456789abcdef".repeat(4);
  for (
    const [imageName, imageId, text] of [
      ["none", "", 'image "none" not present in image store'],
      ["", id, `image with ID "${id}" not present in image store`],
      [id, id, `image with ID "${id}" not present in image store`],
      ["none", id, `image "none" with ID "${id}" not present in image store`],
      [APP, id, `image "${APP}" with ID "${id}" not present in image store`],
    ] as const
  ) {
    await t.step(text, async () => {
      const error = await assertRejects(
        () =>
          test.runtime.createContainer(
            containerOptions({ imageName, imageId }),
          ),
        ImageNotFoundError,
        text,
      );
      assertEquals(error.message, text);
      assertEquals(error.imageId, imageId);
    });
  }
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("O3 a digest finds by manifest only, whatever the tag", async () => {
  using test = await testLookups([`${BUSYBOX}:1`]);
  const digest = await digestOf(test, "busybox:1");
  assertEquals(await test.lookUp(`busybox@${digest}`), `${BUSYBOX}:1`);
  assertEquals(await test.lookUp(`busybox:other@${digest}`), `${BUSYBOX}:1`);
  // The tag moves; the digest still means the old image.
  await test.images.tagImage(APP, `${BUSYBOX}:1`);
  await test.images.tagImage(test.idOf(`${BUSYBOX}:1`), `${BUSYBOX}:old`);
  assertEquals(await test.lookUp(`busybox@${digest}`), `${BUSYBOX}:1`);
  assertEquals(await test.lookUp("busybox:1"), APP);
  // It is no image ID, and says nothing about other repositories.
  for (
    const wrong of [
      `quay.io/other@${digest}`,
      `busybox@sha256:${test.idOf(APP)}`,
    ]
  ) {
    await assertRejects(() => test.lookUp(wrong), ImageNotFoundError);
  }
});

Deno.test("O5 createContainer() refuses a name and an ID that disagree", async () => {
  using test = await testLookups(["quay.io/a/b:1"]);
  assertEquals(await test.lookUp(APP, test.imageId), APP);
  assertEquals(await test.lookUp(APP, test.imageId.slice(0, 9)), APP);
  const other = test.idOf("quay.io/a/b:1");
  for (
    const name of [APP, test.imageId, `containers-storage:@${test.imageId}`]
  ) {
    const error = await assertRejects(
      () => test.lookUp(name, other),
      InvalidImageNameError,
    );
    assertStringIncludes(error.message, `not "${other}"`);
  }
  await assertRejects(
    () => test.lookUp(`containers-storage:${APP}@${other}`),
    InvalidImageNameError,
  );
});

Deno.test("short names follow aliases, localhost, search list, docker.io", async () => {
  const registriesConf = `
    unqualified-search-registries = ["quay.io", "ghcr.io"]
    [aliases]
    fedora = "registry.fedoraproject.org/fedora"
  `;
  const names = [
    "docker.io/library/tool:1",
    "ghcr.io/tool:1",
    "quay.io/tool:1",
    "localhost/tool:1",
    "registry.fedoraproject.org/fedora:42",
    "localhost/fedora:42",
  ];
  using test = await testLookups(names, { registriesConf });
  assertEquals(await test.lookUp("fedora:42"), names[4]);
  for (const expected of names.slice(0, 4).toReversed()) {
    assertEquals(await test.lookUp("tool:1"), expected);
    await test.images.untagImage(expected);
  }
  await assertRejects(() => test.lookUp("tool:1"), ImageNotFoundError);
});

Deno.test("short names are local ones if registries.conf is damaged", async () => {
  using test = testRuntime({ registriesConf: "[" });
  const id = await addImage(test.agent, { names: [APP] });
  assertEquals((await test.images.imageStatus("app:1")).id, id);
  assertStringIncludes(test.messages.join(), "warn: Cannot use the aliases");
});

Deno.test("IDs need three digits, and must be of one image only", async () => {
  using test = await testPod();
  const { imageId, images } = test;
  assertEquals((await images.imageStatus(imageId.slice(0, 3))).id, imageId);
  for (const typed of [imageId.slice(0, 2), "", "@", "[", "docker://"]) {
    await assertRejects(() => images.imageStatus(typed), ImageNotFoundError);
  }
  let other = "";
  for (let n = 0; other.slice(0, 3) !== imageId.slice(0, 3); n++) {
    const config = { Cmd: [String(n)] };
    other = await addImage(test.agent, {
      names: [],
      config,
      without: "layers",
    });
    if (n > 20) return; // Rarely met in so few; found or not, no failure.
  }
  await assertRejects(
    () => images.imageStatus(imageId.slice(0, 3)),
    ImageNotFoundError,
  );
});
