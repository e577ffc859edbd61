import { assert, assertEquals } from "@std/assert";
import type { CheckedObject } from "../../../src/engine/check/checked_object.ts";
import { planRepair } from "../../../src/engine/check/plan_repair.ts";
import { APP, containerOptions, testPod } from "../../support/test_runtime.ts";

/** A damaged object; `advice` is what a check would say. */
function damaged(
  kind: CheckedObject["kind"],
  id: string,
  changes: Partial<CheckedObject> = {},
): CheckedObject {
  return {
    ...{ kind, id, name: "", state: "damaged", damage: "content" },
    ...{ faults: ["it is odd"], advice: "do something" },
    ...changes,
  };
}

Deno.test("planRepair() decides how each object is repaired", async (t) => {
  using test = await testPod();
  const { agent, runtime } = test;
  const { id: server } = await runtime.createContainer(containerOptions());
  using held = await agent.store.lock({
    ...{ layers: "read", images: "read", containers: "read" },
  });
  const [image] = held.images.records;
  const own = held.containers.lookUp(server)?.layer;
  assert(image?.layer !== undefined && own !== undefined);
  held[Symbol.dispose]();
  const fetch = {
    ...{ kind: "fetch", imageId: image.id, names: [APP] },
    digest: image.digest,
  };
  const lost = { kind: "lost", why: "do something" };
  const shared = { damage: "shared name" } as const;
  const cases: Readonly<
    Record<string, readonly [CheckedObject, unknown, string]>
  > = {
    "a layer's names": [
      damaged("layer", image.layer, { damage: "names" }),
      { kind: "names", layers: [image.layer] },
      "recreate its short names",
    ],
    "an image's layer": [
      damaged("layer", image.layer),
      { ...fetch, suspects: new Set([image.layer]) },
      "fetch it again",
    ],
    "a container's layer": [damaged("layer", own), lost, "drop it"],
    "an image": [
      damaged("image", image.id),
      { ...fetch, suspects: new Set() },
      "fetch it again",
    ],
    "a name of two images": [
      damaged("image", image.id, shared),
      { kind: "lost", why: "Take the name from one of them: orlop untag" },
      "drop it",
    ],
    "a container": [damaged("container", server), lost, "drop it"],
  };
  for (const [name, [object, how, does]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const planned = await planRepair(agent, [object], {});
      assertEquals(planned as unknown[], [{ object, does, how }]);
    });
  }
  await t.step("nothing for others, or what is gone", async () => {
    const none = "f".repeat(64);
    const objects = [
      damaged("layer", none),
      damaged("image", none),
      damaged("container", none),
      ...(["leftover", "mount", "table"] as const).map((kind) =>
        damaged(kind, "/some/where")
      ),
      damaged("image", image.id, { state: "ok" }),
      damaged("container", server, { state: "leftover" }),
    ];
    assertEquals(await planRepair(agent, objects, {}), []);
    const signal = AbortSignal.abort("enough");
    const error = await planRepair(agent, objects, { signal })
      .catch((error) => error);
    assertEquals(error, "enough");
  });
  await t.step(
    "a container whose layer is gone goes, if it is orlop's",
    async () => {
      const table = test.dir.join("root/overlay-containers/containers.json");
      const records: Record<string, unknown>[] = JSON.parse(
        await Deno.readTextFile(table),
      );
      const record = records.find(({ id }) => id === server);
      assert(record !== undefined);
      record["layer"] = "f".repeat(64);
      await Deno.writeTextFile(table, JSON.stringify(records));
      const object = damaged("container", server);
      const [planned] = await planRepair(test.reopen().agent, [object], {});
      assertEquals(planned?.how as unknown, { ...lost, drops: "it" });
      record["metadata"] = "";
      await Deno.writeTextFile(table, JSON.stringify(records));
      const [others] = await planRepair(test.reopen().agent, [object], {});
      assertEquals(others?.how as unknown, lost);
    },
  );
});
