/** Use cases of a store that is in memory only: neither root nor a disk is there. */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  DuplicateIdError,
  DuplicateNameError,
} from "../../src/errors/naming_errors.ts";
import {
  ContainerNotFoundError,
  ImageNotFoundError,
  InvalidSandboxIdError,
} from "../../src/errors/not_found_errors.ts";
import {
  DamagedFileError,
  InUseError,
  PolicyError,
} from "../../src/errors/store_errors.ts";
import { type Agent, agentOn } from "../../src/engine/agent.ts";
import { removeImage } from "../../src/engine/cleanup/remove_image.ts";
import {
  getContainerMetadata,
  setContainerMetadata,
} from "../../src/engine/containers/container_metadata.ts";
import { createContainer } from "../../src/engine/containers/create_container.ts";
import { deleteContainer } from "../../src/engine/containers/delete_container.ts";
import { inspectContainer } from "../../src/engine/containers/inspect_container.ts";
import {
  listContainers,
  listPods,
} from "../../src/engine/containers/list_containers.ts";
import type { CreateContainerOptions } from "../../src/engine/containers/new_container.ts";
import {
  inspectImage,
  listImages,
} from "../../src/engine/images/list_images.ts";
import { tagImage, untagImage } from "../../src/engine/images/name_image.ts";
import { pinImage } from "../../src/engine/images/pin_image.ts";
import { createPodSandbox } from "../../src/engine/pods/create_pod_sandbox.ts";
import { removePodSandbox } from "../../src/engine/pods/remove_pod_sandbox.ts";
import { storeImage } from "../../src/engine/transfer/store_image.ts";
import { parseDigest } from "../../src/formats/oci/digest.ts";
import { layerIdsOf } from "../../src/image/layer_ids.ts";
import { pinOf } from "../../src/store/image_records.ts";
import { createLayer } from "../../src/store/layers/create_layer.ts";
import { openMemory } from "../../src/transports/memory_source.ts";
import { layerOf } from "../support/images/stacked_layout.ts";
import { memoryMounter } from "../support/memory/memory_mounter.ts";
import { memoryAgent, memoryStore } from "../support/memory/memory_store.ts";
import { makeImage } from "../support/servers/served_image.ts";
import {
  addImage,
  APP,
  containerOptions,
  podOptions,
} from "../support/test_runtime.ts";

const TEMPLATE = {
  ociVersion: "1.0.2",
  process: { args: ["/bin/app"], cwd: "/" },
};

async function agentWithImage(): Promise<Agent> {
  const agent = memoryAgent();
  await addImage(agent, { names: [APP] });
  return agent;
}

async function agentWithPod(): Promise<Agent> {
  const agent = await agentWithImage();
  await createPodSandbox(agent, podOptions({ template: TEMPLATE }));
  return agent;
}

async function create(
  agent: Agent,
  changes: Partial<CreateContainerOptions> = {},
): Promise<string> {
  const options = containerOptions({ template: TEMPLATE, ...changes });
  return (await createContainer(agent, options)).id;
}

async function namesOf(agent: Agent): Promise<readonly string[]> {
  return (await listContainers(agent)).flatMap(({ names }) => names);
}

Deno.test("containers are made, found and deleted without a disk", async () => {
  const agent = await agentWithPod();
  const id = await create(agent, { files: { "note.json": "{}" } });
  const details = await inspectContainer(agent, "server");
  assertEquals([details.id, details.state], [id, "created"]);
  assertEquals(details.template?.process?.args, ["/bin/app"]);
  assertNotEquals(details.dir, details.runDir);
  const { containers } = agent.store;
  assertEquals(containers.readText(details.id, "note.json"), "{}");
  assertEquals(await namesOf(agent), ["web-infra", "web", "server"]);
  assertEquals(await deleteContainer(agent, id.slice(0, 12)), id);
  await assertRejects(() => deleteContainer(agent, id), ContainerNotFoundError);
  assertEquals(containers.readText(details.id, "note.json"), undefined);
  assertEquals(await namesOf(agent), ["web-infra", "web"]);
});

Deno.test("of a container that cannot be, nothing is left in memory", async (t) => {
  const agent = await agentWithPod();
  await create(agent, { containerId: "taken" });
  const before = await listContainers(agent);
  const wrong: Readonly<
    Record<
      string,
      readonly [
        Partial<CreateContainerOptions>,
        new (...args: never[]) => Error,
      ]
    >
  > = {
    "its name is taken": [{}, DuplicateNameError],
    "its ID is taken": [
      { containerId: "taken", containerName: "other" },
      DuplicateIdError,
    ],
    "its image is unknown": [
      { imageName: "localhost/unknown:1", containerName: "other" },
      ImageNotFoundError,
    ],
    "its pod is unknown": [
      { podId: "unknown", containerName: "other" },
      InvalidSandboxIdError,
    ],
  };
  for (const [why, [changes, reason]] of Object.entries(wrong)) {
    await t.step(why, async () => {
      const error = await create(agent, changes).catch((error) => error);
      assert(error instanceof reason, String(error));
      assertEquals(await listContainers(agent), before);
    });
  }
});

Deno.test("many containers are made and deleted at once, in memory", async () => {
  const agent = await agentWithPod();
  const names = Array.from({ length: 20 }, (_, n) => `c${n}`);
  const ids = await Promise.all(
    names.map((containerName) => create(agent, { containerName })),
  );
  assertEquals((await namesOf(agent)).slice(2), names);
  await Promise.all(ids.map((id) => deleteContainer(agent, id)));
  assertEquals(await namesOf(agent), ["web-infra", "web"]);
  using held = await agent.store.lock({ layers: "read" });
  assertEquals(held.layers.records.length, 2); // the image's, the pod's
});

Deno.test("one that cannot be made does not keep others, in memory", async () => {
  const store = memoryStore();
  const { containers } = store;
  const agent = agentOn({
    ...store,
    containers: {
      ...containers,
      writeTexts(id, texts, files) {
        containers.writeTexts(id, texts, files);
        if (id === "broken") throw new Error("Cannot write");
      },
    },
  }, { mounter: memoryMounter() });
  await addImage(agent, { names: [APP] });
  await createPodSandbox(agent, podOptions({ template: TEMPLATE }));
  const made = await Promise.allSettled(
    ["one", "broken", "two"].map((name) =>
      create(agent, { containerId: name, containerName: name })
    ),
  );
  const states = made.map(({ status }) => status);
  assertEquals(states, ["fulfilled", "rejected", "fulfilled"]);
  assertEquals((await namesOf(agent)).slice(2), ["one", "two"]);
  using held = await store.lock({ layers: "read" });
  assertEquals(held.layers.records.length, 4); // of the image, pod and these
});

Deno.test("pods need no disk", async () => {
  const agent = await agentWithPod();
  const id = await create(agent);
  const [pod, ...more] = await listPods(agent);
  assertEquals(more, []);
  assertEquals(pod?.infra?.id, podOptions().podId);
  assertEquals(pod?.members.map((member) => member.id), [id]);
  await removePodSandbox(agent, "web", { members: "remove" });
  assertEquals(await listPods(agent), []);
  assertEquals(await listContainers(agent), []);
});

Deno.test("metadata need no disk", async () => {
  const agent = await agentWithPod();
  const id = await create(agent);
  const changed = await setContainerMetadata(agent, id, {
    change: (old) => ({ ...old, attempt: old.attempt + 1 }),
  });
  assertEquals(await getContainerMetadata(agent, id), changed);
  assertEquals(changed.attempt, 1);
  {
    using held = await agent.store.lock({ containers: "write" });
    const record = held.containers.getByName("server");
    assert(record);
    held.containers.update({ ...record, metadata: '{"a":1}' });
    held.containers.save();
  }
  await assertRejects(
    () => setContainerMetadata(agent, id, { change: (old) => old }),
    PolicyError, // it is another tool's by now
  );
});

Deno.test("images are listed, named and pinned without a disk", async () => {
  const agent = await agentWithPod();
  const [image, ...more] = await listImages(agent);
  assertEquals(more, []);
  assertEquals([image?.names, image?.usedBy], [[APP], ["web-infra"]]);
  const { config, manifest } = await inspectImage(agent, APP);
  assertEquals(config?.config.Cmd, ["/bin/app"]);
  assert(manifest);
  await tagImage(agent, APP, { name: "b" });
  await untagImage(agent, "b", { names: [APP] });
  const { names, namesHistory } = await inspectImage(agent, "b");
  assertEquals(names, ["localhost/b:latest"]);
  assertEquals(namesHistory, ["localhost/b:latest", APP]);
  await assertRejects(() => inspectImage(agent, APP), ImageNotFoundError);
  for (const state of ["pinned", "unpinned"] as const) {
    await pinImage(agent, "b", { state });
    using held = await agent.store.lock({ images: "read" });
    const record = held.images.getByName("localhost/b:latest");
    assertEquals(record && pinOf(record), state);
  }
});

Deno.test("images that are used stay, others go, without a disk", async () => {
  const agent = await agentWithPod();
  const error = await assertRejects(() => removeImage(agent, APP), InUseError);
  assertEquals(error.users, ["web-infra"]);
  await removePodSandbox(agent, "web");
  const { deleted, deletedLayers } = await removeImage(agent, APP);
  assertEquals([deleted.length, deletedLayers.length], [1, 1]);
  assertEquals(await listImages(agent), []);
  const [id] = deleted;
  assert(id);
  assertEquals(agent.store.images.readItem(id, "manifest"), undefined);
});

Deno.test("a layer that was lost is noticed without a disk", async () => {
  const agent = await agentWithPod();
  const [image] = await listImages(agent);
  const [layer] = image?.layers ?? [];
  assert(layer);
  agent.store.layers.removeTree(layer);
  const error = await assertRejects(() => create(agent), DamagedFileError);
  assertStringIncludes(error.message, layer);
});

Deno.test("an image whose layers are there is stored without a disk", async () => {
  const agent = memoryAgent();
  const layer = await layerOf({ file: "content" });
  const { manifest, layers: [blob], blobs } = makeImage([layer]);
  const [id] = layerIdsOf([parseDigest(layer.diffId)]);
  assert(id && blob);
  {
    using held = await agent.store.lock({ layers: "write" });
    const members = {
      "diff-digest": layer.diffId,
      "compressed-diff-digest": blob.digest,
      "compressed-size": blob.size,
    };
    const contents = { diff: "", tarSplit: "", members };
    await createLayer(agent.store, held.layers, { id, contents });
  }
  const bytes = blobs.get(manifest.digest);
  assert(bytes);
  const source = openMemory({
    manifest: { ...manifest, bytes },
    blobs: new Map(
      [...blobs].map(([digest, blob]) => [parseDigest(digest), blob] as const),
    ),
  });
  const stored = await storeImage(agent, source, { names: [APP] });
  const image = await inspectImage(agent, APP);
  assertEquals([image.id, image.layers], [stored.imageId, [id]]);
  assertEquals([...agent.store.leases.list()], []);
  agent.store.layers.removeTree(id);
  await assertRejects(() => storeImage(agent, source, { names: [APP] }));
});
