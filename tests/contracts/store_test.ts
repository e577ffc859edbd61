/** A store on a disk and its twin in memory, held to the same promises. */

import { memoryStore } from "../support/memory/memory_store.ts";
import { storeAgent } from "../support/store_agent.ts";
import { testContainerStore } from "./container_store_suite.ts";
import { testImageStore } from "./image_store_suite.ts";
import { testLayerStore } from "./layer_store_suite.ts";
import { testLeases } from "./leases_suite.ts";
import { testRecords } from "./records_suite.ts";
import type { TestStore } from "./test_store.ts";

const STORES: Readonly<Record<string, () => TestStore>> = {
  "on a disk": () => {
    const { agent, dir } = storeAgent();
    return {
      store: agent.store,
      [Symbol.dispose]: () => dir[Symbol.dispose](),
    };
  },
  "in memory": () => ({ store: memoryStore(), [Symbol.dispose]() {} }),
};

for (const [where, open] of Object.entries(STORES)) {
  Deno.test(`a store ${where} keeps records`, (t) => testRecords(t, open));
  Deno.test(`a store ${where} keeps layers`, (t) => testLayerStore(t, open));
  Deno.test(`a store ${where} keeps images`, (t) => testImageStore(t, open));
  Deno.test(
    `a store ${where} keeps containers`,
    (t) => testContainerStore(t, open),
  );
  Deno.test(`a store ${where} leases layers`, (t) => testLeases(t, open));
}
