import { assert, assertEquals } from "@std/assert";
import { listAttachments } from "../../../src/engine/sandboxes/attachment_note.ts";
import { releaseAbandoned } from "../../../src/engine/cleanup/release_abandoned.ts";
import { readSandboxState } from "../../../src/engine/sandboxes/sandbox_state.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import {
  type NotedSandboxes,
  notedSandboxes,
} from "../../support/nodes/noted_sandboxes.ts";
import { needs } from "../../support/peers.ts";
import { containerOptions } from "../../support/test_runtime.ts";

const NEEDED = needs("root", "timeout", "flock");

/** Notes for which container a pod was made. */
async function setOwner(
  { test }: NotedSandboxes,
  id: ContainerId,
  owner: string,
): Promise<void> {
  const path = `${workDirectory(test.agent.store.paths, id)}/run.json`;
  const run = { removal: "at-end", owner };
  await Deno.writeTextFile(path, JSON.stringify(run));
}

Deno.test(
  "releaseAbandoned() releases pods of runs that are over",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { test, logged } = noted;
    const { agent, runtime } = test;
    const made = async (name: string) => (await noted.make(name)).id;
    const [plain, own, free, gone, idle] = [
      ...[await made("plain"), await made("own"), await made("free")],
      ...[await made("gone"), await made("idle")],
    ] as const;
    assert(own && free && gone && idle && plain);
    const lost = await noted.make("lost", { without: "record" });
    const { id: owner } = await runtime.createContainer(
      containerOptions({ podName: "idle", podId: idle }),
    );
    await setOwner(noted, own, own); // it is nobody else's
    await setOwner(noted, gone, "none");
    await setOwner(noted, idle, owner);
    await releaseAbandoned(agent, {});
    const phases = [plain, own, free, gone, idle]
      .map((id) => readSandboxState(agent, id)?.phase);
    assertEquals(phases, ["ready", "ready", "ready", "stopped", "stopped"]);
    assertEquals([...listAttachments(agent)].toSorted(), [free, own, plain]);
    assertEquals(logged, []);
    const [, ...lines] = noted.listCalls().map((line) => line.split(" ")[0]);
    assertEquals(lines, ["DEL", "DEL", "DEL", "DEL", "DEL"]);
    assert(!listAttachments(agent).includes(lost.id));
  },
);

Deno.test(
  "releaseAbandoned() continues when a network cannot be left",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { agent } = noted.test;
    const ids = [(await noted.make("a")).id, (await noted.make("b")).id];
    for (const id of ids) await setOwner(noted, id, "none");
    noted.plugins.add("back", "echo busy >&2; exit 1");
    await releaseAbandoned(agent, {});
    assertEquals(
      noted.logged.map(([level, message]) => [level, message]),
      ids.map((id) => [
        "warn",
        `Cannot release the resources of pod "${id}": Cannot leave network "back": ` +
        'plugin "back" says: busy',
      ]),
    );
    const signal = AbortSignal.abort("enough");
    const error = await releaseAbandoned(agent, { signal })
      .catch((error) => error);
    assertEquals(error, "enough");
  },
);
