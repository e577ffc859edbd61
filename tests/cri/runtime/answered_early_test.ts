import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  ContainerState,
  ImageService,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { isThere } from "../../../src/fs/if_there.ts";
import {
  BUSYBOX,
  type CriNode,
  NODE_NEEDS,
  startNode,
} from "../../support/nodes/cri_node.ts";
import { until } from "../../support/until.ts";

const { method } = RuntimeService;
const { CONTAINER_EXITED, CONTAINER_RUNNING } = ContainerState;

Deno.test(
  "what was answered holds, though it is not done",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNode();
    const podSandboxId = await node.runPod("web");
    const remove = (containerId: string) =>
      node.client.call(method.removeContainer, { containerId });
    const list = async () => {
      const { containers } = await node.client.call(method.listContainers, {});
      return containers.map(({ id }) => id);
    };

    const listByPeople = async () =>
      (await node.orlop("ps", "--all", "--quiet", "--no-trunc")).out;

    const kills: readonly (readonly [string, (id: string) => Promise<void>])[] =
      [
        ["at once", () => Promise.resolve()],
        [
          "while a runtime makes its process",
          (id) => waitForFile(node, id, "ctl"),
        ],
        ["when it waits", (id) => waitForFile(node, id, "runtime.pid")],
      ];
    for (const [when, wait] of kills) {
      await t.step(
        `a container starts, if a daemon is killed ${when}`,
        async () => {
          const id = await node.create(podSandboxId, "app");
          await wait(id);
          await node.restart();
          await node.start(id);
          assertEquals((await node.status(id)).state, CONTAINER_RUNNING);
          const { exitCode } = await node.client.call(method.execSync, {
            ...{ containerId: id, cmd: ["true"] },
          });
          assertEquals(exitCode, 0);
          await remove(id);
          assertEquals(await list(), []);
        },
      );
      await t.step(`one goes, if a daemon is killed ${when}`, async () => {
        const id = await node.create(podSandboxId, "app");
        await wait(id);
        await node.restart();
        await remove(id);
        assertEquals(await list(), []);
      });
    }

    await t.step("one that never started is stopped", async () => {
      const id = await node.create(podSandboxId, "app");
      await node.client.call(method.stopContainer, { containerId: id });
      assertEquals((await node.status(id)).state, CONTAINER_EXITED);
      await remove(id);
    });

    await t.step("a pod goes with one that is being made", async () => {
      const other = await node.runPod("other");
      const id = await node.create(other, "app");
      await node.client.call(method.removePodSandbox, { podSandboxId: other });
      assert(!(await listByPeople()).includes(id));
    });

    await t.step("a removal is not undone by a kill", async () => {
      const id = await node.create(podSandboxId, "app");
      await node.start(id);
      await remove(id);
      await node.restart();
      assertEquals(await list(), []);
      assert(!(await listByPeople()).includes(id));
      assertEquals((await node.orlop("check", "--full")).code, 0);
    });

    await t.step("its name is free, and its image is not used", async () => {
      const id = await node.create(podSandboxId, "app");
      await node.start(id);
      await Promise.all([remove(id), remove(id)]);
      const next = await node.create(podSandboxId, "app");
      assertNotEquals(next, id);
      assertEquals(await list(), [next]);
      await remove(next);
      const image = { image: BUSYBOX };
      await node.client.call(ImageService.method.removeImage, { image });
      const { images } = await node.client.call(
        ImageService.method.listImages,
        {},
      );
      assert(!images.some(({ repoTags }) => repoTags.includes(BUSYBOX)));
    });
  },
);

async function waitForFile(
  { dir }: CriNode,
  id: string,
  name: string,
): Promise<void> {
  const folder = dir.join("runroot/overlay-containers", id, "userdata");
  await until(() => isThere(`${folder}/${name}`));
}
