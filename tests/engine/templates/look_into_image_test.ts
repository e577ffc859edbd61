import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type ImageQuestion,
  lookIntoImage,
} from "../../../src/engine/templates/look_into_image.ts";
import { MOUNT_LOCKS } from "../../../src/engine/mounts/mount_counts.ts";
import type { Agent } from "../../../src/engine/agent.ts";
import type { LayerId } from "../../../src/formats/storage/store_ids.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { addImage, testRuntime } from "../../support/test_runtime.ts";

async function look(
  agent: Agent,
  layerId: LayerId,
  question: Partial<ImageQuestion>,
) {
  using held = await agent.store.lock(MOUNT_LOCKS);
  return await lookIntoImage(agent, held, {
    ...{ layerId, user: "web", workdir: undefined, volumes: [] },
    ...question,
  });
}

Deno.test("lookIntoImage() remembers what an image says, and not what the host does", async () => {
  using test = testRuntime();
  const { agent } = test;
  await addImage(agent, {
    names: ["localhost/app:1"],
    files: {
      "etc/passwd": "web:x:33:34::/srv:\n",
      "etc/group": "adm:x:4:web\n",
    },
  });
  const layer = await firstLayer(agent);
  const groupsOf = async (question: Partial<ImageQuestion>) =>
    (await look(agent, layer, question)).user.additionalGids;
  assertEquals(await groupsOf({}), [4, 34]);
  const passwd = test.dir.join("passwd");
  await Deno.writeTextFile(passwd, "web:x:1:2::/:\n");
  const volumes = [{ source: passwd, target: "/etc/passwd" }];
  assertEquals(await groupsOf({ volumes }), [2, 4]);
  await assertRejects(() => groupsOf({ user: "no" }), TypeError, '"no"');

  // An image does not change; if it did, nobody would look.
  const diff = `${layerDirectory(agent.store.paths, layer)}/diff`;
  await Deno.remove(`${diff}/etc`, { recursive: true });
  assertEquals(await groupsOf({}), [4, 34]);
  await Deno.writeTextFile(passwd, "web:x:5:6::/:\n");
  assertEquals(await groupsOf({ volumes }), [6]);
  for (const question of [{ user: "33" }, { gid: 9 }, { groups: ["7"] }]) {
    const groups = await groupsOf(question).catch(() => undefined);
    assert(groups === undefined || !groups.includes(4), `${groups}`);
  }
  const resolv = [{ source: passwd, target: "/etc/resolv.conf" }];
  await assertRejects(() => look(agent, layer, { volumes: resolv }), TypeError);
});

async function firstLayer({ store }: Agent): Promise<LayerId> {
  using held = await store.lock({ layers: "read" });
  const [layer] = held.layers.records;
  assert(layer);
  return layer.id;
}
