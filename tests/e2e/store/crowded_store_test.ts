/** Many programs at work on one store at once. */

import { assertEquals } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const ROUNDS = 4;

Deno.test("many programs at once lose nothing, and leave nothing", {
  ...needs(...PEERS),
}, async (t) => {
  await using store = sharedStore();
  const base = await layerOf({ "base.txt": "base" });
  // Each on the same base, so that what one deletes another may need.
  const layouts = await Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      const path = store.join(`image${n}`);
      const own = await layerOf({ [`own${n}.txt`]: `own ${n}` });
      await writeLayout(path, [base, own]);
      return `oci:${path}:latest`;
    }),
  );
  const [first = "", second = "", third = "", fourth = ""] = layouts;
  // A base that vanishes as soon as none of these is there.
  const fleeting = await layerOf({ "fleeting.txt": "base" });
  const own = await layerOf({ "upper.txt": "upper" });
  await writeLayout(store.join("upper"), [fleeting, own]);
  await writeLayout(store.join("lower"), [fleeting]);
  await store.orlop("pull", first);
  await store.orlop("pod", "create", "pod");

  await t.step("work", async () => {
    // Not Promise.all(): the store must not vanish under those who still work.
    const results = await Promise.allSettled([
      ...["a", "b"].map((name) => makeContainers(store, name)),
      pullAndRemove(store, second, "image1"),
      pullAndRemove(store, second, "image1"),
      pullAndRemove(store, `oci:${store.join("upper")}:latest`, "upper"),
      pullAndRemove(store, `oci:${store.join("lower")}:latest`, "lower"),
      copyAndRemove(store, third),
      makeWithPodman(store),
      makeWithStorage(store),
      keepPulling(store, fourth),
    ]);
    const failures = results.filter(({ status }) => status === "rejected");
    assertEquals(failures, []);
  });
  await t.step("all that was to stay is there", async () => {
    const containers = (await store.storage("containers")).split("\n")
      .filter((line) => line.includes("keep-")).length;
    assertEquals(containers, 4 * ROUNDS);
    const images = await store.podman("images", "--format", "{{.Repository}}");
    const expected = ["localhost/image0", "localhost/image3"];
    assertEquals(
      images.split("\n").filter((name) => name.startsWith("localhost/image"))
        .sort(),
      expected,
    );
    assertEquals(store.check(), []);
    assertEquals(store.mounts(), []);
  });
});

async function makeContainers(store: SharedStore, who: string): Promise<void> {
  for (let n = 0; n < ROUNDS; n++) {
    for (const name of [`keep-${who}${n}`, `drop-${who}${n}`]) {
      const flags = ["--pod", "pod", "--name", name];
      await store.orlop("container", "create", ...flags, "image0");
    }
    await store.orlop("start", `drop-${who}${n}`);
    await store.orlop("stop", `drop-${who}${n}`);
    await store.orlop("rm", `drop-${who}${n}`);
  }
}

/** Two do this at once: one may find that the other was quicker. */
async function pullAndRemove(
  store: SharedStore,
  layout: string,
  name: string,
): Promise<void> {
  for (let n = 0; n < ROUNDS; n++) {
    await store.orlop("pull", layout);
    await store.orlop("rmi", "--ignore", name);
  }
}

async function keepPulling(store: SharedStore, layout: string): Promise<void> {
  for (let n = 0; n < ROUNDS; n++) await store.orlop("pull", layout);
}

async function copyAndRemove(store: SharedStore, from: string): Promise<void> {
  for (let n = 0; n < ROUNDS; n++) {
    await store.copy(from, "localhost/copied:latest");
    await store.podman("rmi", "localhost/copied:latest");
  }
}

async function makeWithPodman(store: SharedStore): Promise<void> {
  for (let n = 0; n < ROUNDS; n++) {
    for (const name of [`keep-p${n}`, `drop-p${n}`]) {
      await store.podman("create", "--name", name, "localhost/image0", "true");
    }
    await store.podman("mount", `drop-p${n}`);
    await store.podman("umount", `drop-p${n}`);
    await store.podman("rm", `drop-p${n}`);
  }
}

async function makeWithStorage(store: SharedStore): Promise<void> {
  for (let n = 0; n < ROUNDS; n++) {
    for (const name of [`keep-s${n}`, `drop-s${n}`]) {
      const flags = ["--name", name, "localhost/image0:latest"];
      await store.storage("create-container", ...flags);
    }
    await store.storage("mount", `drop-s${n}`);
    await store.storage("unmount", `drop-s${n}`);
    await store.storage("delete-container", `drop-s${n}`);
  }
}
