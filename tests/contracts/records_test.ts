import { memoryStore } from "../support/memory_store.ts";
import { storeAgent } from "../support/store_agent.ts";
import { testRecords } from "./records_suite.ts";

Deno.test("a store on a disk keeps records", async (t) => {
  await testRecords(t, () => {
    const { agent, dir } = storeAgent();
    return {
      store: agent.store,
      [Symbol.dispose]: () => dir[Symbol.dispose](),
    };
  });
});

Deno.test("a store in memory keeps records", async (t) => {
  await testRecords(t, () => ({
    store: memoryStore(),
    [Symbol.dispose]() {},
  }));
});
