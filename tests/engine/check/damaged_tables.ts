/** Stores whose tables tests damage, and how they are repaired. */

import { join } from "@std/path";
import { readFileSync } from "node:fs";
import { openAgent } from "../../../src/engine/agent.ts";
import {
  type RepairOptions,
  type RepairReport,
  repairStore,
} from "../../../src/engine/check/repair_store.ts";
import { createContainer } from "../../../src/engine/containers/create_container.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

/** The tables of a store, in its root. */
export const TABLES = {
  layers: "overlay-layers/layers.json",
  images: "overlay-images/images.json",
} as const;

/** A store to damage. */
export interface Subject extends StoreAgent {
  readonly root: string;
}

/** A store whose tables were written twice, so that there are backups. */
export async function subject(): Promise<Subject> {
  const store = storeAgent();
  const layout = store.dir.join("layout");
  await writeTestLayout(layout);
  await pullImage(store.agent, `oci:${layout}`);
  await pullImage(store.agent, `oci:${layout}:latest`);
  return { ...store, root: store.dir.join("root") };
}

/** Adds a container, and gives its ID. */
export async function addContainer({ agent, root }: Subject): Promise<string> {
  const [imageName = ""] = idsIn(join(root, TABLES.images));
  const { id } = await createContainer(agent, {
    podName: "web",
    podId: "f".repeat(64),
    containerName: "app",
    imageName,
    pod: "unchecked",
  });
  return id;
}

/** Repairs a store as a command does. */
export async function repair(
  { root, dir }: Subject,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const agent = openAgent({ root, runRoot: dir.join("run"), purpose: "read" });
  return await repairStore(agent, options);
}

/** Lists the IDs in a table, sorted. */
export function idsIn(path: string): readonly string[] {
  const records: { id: string }[] = JSON.parse(readFileSync(path, "utf8"));
  return records.map(({ id }) => id).toSorted();
}

/** Reads a file, if it is there. */
export function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
