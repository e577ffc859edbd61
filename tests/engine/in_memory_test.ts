/** Use cases that need records only: neither root nor a disk is there. */

import { assertEquals, assertRejects } from "@std/assert";
import { ImageNotFoundError } from "../../src/errors/not_found_errors.ts";
import { PolicyError } from "../../src/errors/store_errors.ts";
import type { Agent } from "../../src/engine/agent.ts";
import {
  getContainerMetadata,
  setContainerMetadata,
} from "../../src/engine/containers/container_metadata.ts";
import { listPods } from "../../src/engine/containers/list_containers.ts";
import { tagImage, untagImage } from "../../src/engine/images/name_image.ts";
import { pinImage } from "../../src/engine/images/pin_image.ts";
import {
  type ContainerMetadata,
  formatContainerMetadata,
} from "../../src/formats/storage/container_metadata.ts";
import {
  parseContainerId,
  parseImageId,
  parseLayerId,
} from "../../src/formats/storage/store_ids.ts";
import { pinOf } from "../../src/store/image_store.ts";
import { memoryAgent } from "../support/memory_store.ts";

const ID = "a1".padEnd(64, "0");
const NAME = "localhost/app:1";

async function agentWithImage(): Promise<Agent> {
  const agent = memoryAgent();
  using held = await agent.store.lock({ images: "write" });
  held.images.add({
    id: parseImageId(ID),
    names: [NAME],
    created: "2026-01-02T03:04:05Z",
  });
  held.images.save();
  return agent;
}

async function imageOf({ store }: Agent) {
  using held = await store.lock({ images: "read" });
  return held.images.lookUp(ID);
}

Deno.test("tagImage() and untagImage() need no disk", async () => {
  const agent = await agentWithImage();
  assertEquals(
    await tagImage(agent, NAME, { name: "b" }),
    "localhost/b:latest",
  );
  assertEquals((await imageOf(agent))?.names, ["localhost/b:latest", NAME]);
  await untagImage(agent, ID.slice(0, 12), { names: [NAME] });
  const image = await imageOf(agent);
  assertEquals(image?.names, ["localhost/b:latest"]);
  assertEquals(image?.["names-history"], ["localhost/b:latest", NAME]);
  await assertRejects(() => untagImage(agent, NAME), ImageNotFoundError);
});

Deno.test("pinImage() needs no disk", async () => {
  const agent = await agentWithImage();
  for (const state of ["pinned", "unpinned"] as const) {
    await pinImage(agent, NAME, { state });
    const image = await imageOf(agent);
    assertEquals(image && pinOf(image), state);
  }
});

Deno.test("metadata and pods need no disk", async () => {
  const agent = await agentWithImage();
  await addContainer(agent, "infra", { pod: true });
  await addContainer(agent, "member", { pod: false });
  const [pod, ...more] = await listPods(agent);
  assertEquals(more, []);
  assertEquals(pod?.infra?.id, "infra");
  assertEquals(pod?.members.map(({ id }) => id), ["member"]);
  const changed = await setContainerMetadata(agent, "member", {
    change: (old) => ({ ...old, attempt: old.attempt + 1 }),
  });
  assertEquals(await getContainerMetadata(agent, "member"), changed);
  assertEquals(changed.attempt, 1);
});

Deno.test("other tools' metadata stay as they are, in memory, too", async () => {
  const agent = await agentWithImage();
  await addContainer(agent, "theirs", { pod: false, text: '{"a":1}' });
  await assertRejects(
    () => setContainerMetadata(agent, "theirs", { change: (old) => old }),
    PolicyError,
  );
});

async function addContainer(
  { store }: Agent,
  id: string,
  { pod, text }: { readonly pod: boolean; readonly text?: string },
): Promise<void> {
  using held = await store.lock({ containers: "write" });
  held.containers.add({
    id: parseContainerId(id),
    names: [id],
    image: parseImageId(ID),
    layer: parseLayerId("f".repeat(64)),
    metadata: text ?? formatContainerMetadata(metadataOf(id, pod)),
    created: "2026-01-02T03:04:05Z",
  });
  held.containers.save();
}

function metadataOf(name: string, pod: boolean): ContainerMetadata {
  return {
    ...{ pod, name, podName: "web", podId: "infra", metadataName: name },
    ...{ imageName: NAME, imageId: ID, canonicalImageName: NAME },
    ...{ uid: "", namespace: "", attempt: 0, createdAt: 0, mountLabel: "" },
  };
}
