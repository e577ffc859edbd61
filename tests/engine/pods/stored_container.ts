/** A container in a pod of a temporary store, and what tests do with it. */

import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import { libc } from "../../support/own_libc.ts";
import {
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

/** Makes a pod with the container `server`. */
export async function storedContainer(): Promise<
  TestRuntime & { readonly id: ContainerId }
> {
  const test = await testPod({ libc });
  const { id } = await test.runtime.createContainer(containerOptions());
  return { ...test, id };
}

/** Notes how its run is to end, as those do that start it. */
export async function setRemoval(
  { agent }: TestRuntime,
  id: ContainerId,
  exitCode = 3,
): Promise<void> {
  const path = `${workDirectory(agent.store.paths, id)}/run.json`;
  const run = { owner: id, removal: "at-end", exitCode };
  await Deno.writeTextFile(path, JSON.stringify(run));
}

/** The IDs of all containers. */
export async function listContainerIds(
  { agent }: TestRuntime,
): Promise<readonly string[]> {
  using held = await agent.store.lock({ containers: "read" });
  return held.containers.records.map(({ id }) => `${id}`);
}

/** How many roots are mounted. */
export function countMounts({ mounter }: TestRuntime): number {
  return mounter.table.filter(({ target }) => target.endsWith("/merged"))
    .length;
}

/** Makes a container another tool's. */
export async function giveAway(test: TestRuntime, id: string): Promise<void> {
  const table = test.dir.join("root/overlay-containers/containers.json");
  const records: { id: string; metadata: string }[] = JSON.parse(
    await Deno.readTextFile(table),
  );
  for (const record of records) if (record.id === id) record.metadata = "";
  await Deno.writeTextFile(table, JSON.stringify(records));
}
