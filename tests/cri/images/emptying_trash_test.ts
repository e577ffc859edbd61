import { assertEquals } from "@std/assert";
import { EmptyingTrash } from "../../../src/cri/images/emptying_trash.ts";
import { ImageFileSystems } from "../../../src/cri/images/image_file_systems.ts";
import { imageService } from "../../../src/cri/images/image_service.ts";
import { SharedPulls } from "../../../src/cri/images/shared_pulls.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("EmptyingTrash is settled when all is gone, whatever fails", async (t) => {
  using store = storeAgent();
  const cases = [
    ["nothing", []],
    ["what goes", ["goes"]],
    ["what fails", ["fails"]],
    ["both", ["fails", "goes", "fails"]],
  ] as const;
  for (const [name, kinds] of cases) {
    await t.step(name, async () => {
      await using trash = new EmptyingTrash(store.agent);
      const log: string[] = [];
      const ends = kinds.map((kind) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        trash.add({ [Symbol.asyncDispose]: () => promise });
        return () => kind === "goes" ? resolve() : reject(new Error("full"));
      });
      const settled = trash.settle().then(() => log.push("settled"));
      for (const end of ends) {
        log.push("one less");
        end();
      }
      await settled;
      assertEquals(log, [...kinds.map(() => "one less"), "settled"]);
    });
  }
});

Deno.test("removeImage() answers before files are gone, imageFsInfo() after", async () => {
  using store = storeAgent();
  const { agent, dir } = store;
  await writeLayout(dir.join("layout"), [await layerOf({ "a/b": "x" })]);
  const { imageId } = await pullImage(agent, `oci:${dir.join("layout")}`);
  await using trash = new EmptyingTrash(agent);
  const fileSystems = new ImageFileSystems(agent, trash);
  const users = Promise.withResolvers<void>();
  const service = imageService({
    ...{ agent, fileSystems, trash, pulls: new SharedPulls(agent) },
    log: agent.log,
    settleContainers: () => users.promise,
  });
  const call = { signal: new AbortController().signal, deadlineMs: undefined };
  const imagesIn = async () => {
    const { images = [] } = await service.listImages({
      $typeName: "runtime.v1.ListImagesRequest",
    }, call);
    return images.map((image) => image.id);
  };
  const removing = service.removeImage({
    $typeName: "runtime.v1.RemoveImageRequest",
    image: {
      ...{ $typeName: "runtime.v1.ImageSpec", image: imageId, annotations: {} },
      ...{ userSpecifiedImage: "", runtimeHandler: "", imageRef: "" },
    },
  }, call);
  assertEquals(await imagesIn(), [imageId]); // a container may still use it
  users.resolve();
  await removing;
  assertEquals(await imagesIn(), []);
  const { imageFilesystems: [usage] = [] } = await service.imageFsInfo({
    $typeName: "runtime.v1.ImageFsInfoRequest",
  }, call);
  assertEquals(usage?.usedBytes?.value, 0n);
  const left = (name: string) => {
    try {
      return [...Deno.readDirSync(dir.join("root", name))]
        .map(({ name }) => name).filter((name) =>
          name !== "l" && !name.startsWith(".")
        );
    } catch {
      return []; // there never was any
    }
  };
  assertEquals(left("overlay"), []);
  assertEquals(left("overlay/tempdirs"), []);
});
