import { assert, assertEquals } from "@std/assert";
import {
  isAnyAttached,
  isAttached,
  releasePod,
} from "../../src/engine/release_pod.ts";
import { releaseAmong } from "../../src/engine/containers/own_pod.ts";
import { parseContainerId } from "../../src/formats/storage/store_ids.ts";
import { attachmentsDirectory } from "../../src/store/paths.ts";
import { notedSandboxes } from "../support/nodes/noted_sandboxes.ts";
import { needs } from "../support/peers.ts";

Deno.test("releasePod() releases what a pod has outside of the store", {
  ...needs("root", "timeout", "flock"),
}, async () => {
  using noted = await notedSandboxes();
  const { agent } = noted.test;
  const none = parseContainerId("none");
  assertEquals([isAnyAttached(agent), isAttached(agent, none)], [false, false]);
  await releasePod(agent, none);
  const { id } = await noted.make("web");
  assertEquals(
    [isAnyAttached(agent), isAttached(agent, id), isAttached(agent, none)],
    [true, true, false],
  );
  await releaseAmong(agent, []);
  assertEquals(noted.listCalls(), []);
  using held = await agent.store.lock({ containers: "read" });
  const record = held.containers.get(id);
  held[Symbol.dispose]();
  await releaseAmong(agent, record === undefined ? [] : [record]);
  assertEquals(noted.listCalls(), ["DEL back eth1", "DEL front eth0"]);
  assertEquals([isAnyAttached(agent), isAttached(agent, id)], [false, false]);
  // Files of other names are no notes.
  const directory = attachmentsDirectory(agent.store.paths);
  await Deno.writeTextFile(`${directory}/other`, "");
  assert(!(isAnyAttached(agent)));
});
