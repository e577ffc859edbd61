/** What all leases promise. */

import { assertEquals } from "@std/assert";
import { layerId, type StoreSuite, storeSuite } from "./test_store.ts";

const [A, B, C] = [layerId("a"), layerId("b"), layerId("c")];

/** Tries the contract, a step a promise. */
export const testLeases: StoreSuite = storeSuite(async (step) => {
  // deno-lint-ignore require-await -- a step may wait
  await step("holds layers until it is disposed of", async ({ leases }) => {
    assertEquals([...leases.list()], []);
    using _one = leases.lease([A, B]);
    {
      using _two = leases.lease([B, C]);
      assertEquals([...leases.list()].toSorted(), [A, B, C]);
    }
    assertEquals([...leases.list()].toSorted(), [A, B]);
  });
  // deno-lint-ignore require-await -- a step may wait
  await step("takes no layers at all", async ({ leases }) => {
    using _lease = leases.lease([]);
    assertEquals([...leases.list()], []);
  });
});
