import { create } from "@bufbuild/protobuf";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  ImageFilterSchema,
  ImageFsInfoRequestSchema,
  ImageSpecSchema,
  ImageStatusRequestSchema,
  ListImagesRequestSchema,
  PullImageRequestSchema,
  RemoveImageRequestSchema,
  StreamImagesRequestSchema,
} from "../../../src/cri/api/api_pb.js";
import { EmptyingTrash } from "../../../src/cri/images/emptying_trash.ts";
import { ImageFileSystems } from "../../../src/cri/images/image_file_systems.ts";
import { imageService } from "../../../src/cri/images/image_service.ts";
import { SharedPulls } from "../../../src/cri/images/shared_pulls.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { GrpcError } from "../../../src/cri/grpc/grpc_error.ts";
import { testPod } from "../../support/test_runtime.ts";

const APP = "localhost/app:1";
const call = { signal: new AbortController().signal, deadlineMs: undefined };

/** The service on a store with an image that a pod's container uses. */
async function openService() {
  const test = await testPod();
  const { agent } = test;
  const told: unknown[] = [];
  const trash = new EmptyingTrash(agent);
  const fileSystems = new ImageFileSystems(agent, trash);
  const service = imageService({
    ...{ agent, trash, fileSystems, pulls: new SharedPulls(agent) },
    log: (level, message, fields) => told.push([level, message, fields]),
    settleContainers: () => Promise.resolve(void told.push("settled")),
  });
  const list = async (image?: string) => {
    const filter = create(ImageFilterSchema, {
      ...image !== undefined && { image: { image } },
    });
    const request = create(ListImagesRequestSchema, { filter });
    return (await service.listImages(request, call)).images ?? [];
  };
  const remove = async (image: string) =>
    await service.removeImage(
      create(RemoveImageRequestSchema, { image: { image } }),
      call,
    );
  return {
    ...{ test, service, told, list, remove },
    async [Symbol.asyncDispose]() {
      await trash[Symbol.asyncDispose]();
      test[Symbol.dispose]();
    },
  };
}

Deno.test("imageService() lists images, or the one that is asked for", async (t) => {
  await using place = await openService();
  const { test: { imageId }, list, service } = place;
  const [image = {}] = await list();
  const { repoDigests = [] } = image;
  assertEquals(image, {
    ...{ id: imageId, repoTags: [APP], size: 983n, pinned: false },
    ...{ repoDigests, spec: { image: imageId } },
  });
  assert(String(repoDigests).startsWith("localhost/app@sha256:"));
  const cases: readonly (readonly [string, number])[] = [
    ...[[APP, 1], ["", 1], ["app:1", 1], [imageId, 1]] as const,
    ...[["app", 0], ["nope", 0], ["localhost/app:2", 0]] as const,
  ];
  for (const [name, count] of cases) {
    await t.step(name || "no name", async () => {
      assertEquals((await list(name)).length, count);
    });
  }
  await t.step("without a filter", async () => {
    const request = create(ListImagesRequestSchema, {});
    assertEquals((await service.listImages(request, call)).images, [image]);
  });
  await t.step("in parts", async () => {
    const request = create(StreamImagesRequestSchema, {});
    const parts = await Array.fromAsync(service.streamImages(request, call));
    assertEquals(parts, [{ images: [image] }]);
  });
});

Deno.test("imageStatus() reports what there is, and more where that is asked for", async () => {
  await using place = await openService();
  const { test: { imageId }, list, service } = place;
  const ask = async (image: string, verbose = false) =>
    await service.imageStatus(
      create(ImageStatusRequestSchema, { image: { image }, verbose }),
      call,
    );
  const [image] = await list();
  assertEquals(await ask(APP), { image });
  assertEquals(await ask("nope"), {});
  const isVerbose = true;
  assertEquals(await ask("nope", isVerbose), {});
  const { info = {}, image: same } = await ask(imageId, isVerbose);
  assertEquals(same, image);
  const { digest, layers, lastUsed, imageSpec, ...rest } = JSON.parse(
    info["info"] ?? "",
  );
  assertEquals(rest, {
    ...{ labels: {}, names: [APP], usedBy: ["web-infra"] },
  });
  assert(digest.startsWith("sha256:") && !Number.isNaN(Date.parse(lastUsed)));
  assertEquals(layers.map(({ size }: { size: number }) => size), [0]);
  assertEquals(imageSpec.config.Cmd, ["/bin/app"]);
  const byRef = create(ImageStatusRequestSchema, {
    image: create(ImageSpecSchema, { imageRef: imageId }),
  });
  assertEquals(await service.imageStatus(byRef, call), { image });
});

Deno.test("removeImage() leaves what is used, and does not miss what is gone", async (t) => {
  await using place = await openService();
  const { test, remove, list, told } = place;
  await t.step("what is used", async () => {
    await assertRejects(() => remove(APP), InUseError);
    assertEquals((await list()).length, 1);
  });
  await t.step("what is not there", async () => {
    assertEquals(await remove("nope"), {});
  });
  assertEquals(told, ["settled", "settled"]);
  await t.step("what nothing uses any more", async () => {
    await test.runtime.removePodSandbox("web-pod");
    assertEquals(await remove(APP), {});
    assertEquals(await list(), []);
    const { imageId: id } = test;
    assertEquals(told.slice(2), [
      "settled",
      ["info", "removed an image", { image: APP, id }],
    ]);
  });
});

Deno.test("imageService() needs a name, and a registry that answers", async () => {
  await using place = await openService();
  const { service, remove } = place;
  const pull = async (image: string | undefined) =>
    await service.pullImage(
      create(PullImageRequestSchema, {
        ...image !== undefined && { image: { image } },
      }),
      call,
    );
  for (const ask of [() => remove(""), () => pull(""), () => pull(undefined)]) {
    await assertRejects(
      ask,
      TypeError,
      'Cannot use image "": no name is given',
    );
  }
  const unused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = unused.addr;
  unused.close();
  const error = await assertRejects(
    () => pull(`127.0.0.1:${port}/x:1`),
    GrpcError,
    "RegistryUnavailable: ",
  );
  assertEquals(error.code, 2);
  await assertRejects(() => pull("UPPER"), SyntaxError);
});

Deno.test("imageFsInfo() sees a removal at once", async () => {
  await using place = await openService();
  const { test, service, remove } = place;
  const measure = async () => {
    const { imageFilesystems: [usage] = [] } = await service.imageFsInfo(
      { $typeName: "runtime.v1.ImageFsInfoRequest" },
      call,
    );
    return usage?.inodesUsed?.value ?? 0n;
  };
  const before = await measure();
  await test.runtime.removePodSandbox("web-pod");
  await remove(APP);
  assert(await measure() < before);
});

Deno.test("imageService() does nothing for who has gone", async (t) => {
  await using place = await openService();
  const { service, test } = place;
  const reason = new Error("the client has gone");
  const call = { signal: AbortSignal.abort(reason), deadlineMs: undefined };
  const image = { image: APP };
  const calls: Readonly<Record<string, () => unknown>> = {
    listImages: () =>
      service.listImages(create(ListImagesRequestSchema, {}), call),
    "listImages of one": () =>
      service.listImages(
        create(ListImagesRequestSchema, { filter: { image } }),
        call,
      ),
    streamImages: () =>
      Array.fromAsync(
        service.streamImages(create(StreamImagesRequestSchema, {}), call),
      ),
    imageStatus: () =>
      service.imageStatus(create(ImageStatusRequestSchema, { image }), call),
    pullImage: () =>
      service.pullImage(create(PullImageRequestSchema, { image }), call),
    removeImage: () =>
      service.removeImage(create(RemoveImageRequestSchema, { image }), call),
    imageFsInfo: () =>
      service.imageFsInfo(create(ImageFsInfoRequestSchema, {}), call),
  };
  for (const [name, run] of Object.entries(calls)) {
    await t.step(name, async () => {
      const error = await assertRejects(async () => await run());
      assertStrictEquals(error, reason);
    });
  }
  using held = await test.agent.store.lock({ images: "read" });
  assertEquals(held.images.records.length, 1);
});
