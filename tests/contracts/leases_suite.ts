/** What all leases promise. */

import { assertEquals } from "@std/assert";
import { layerId, type OpenTestStore, promisesOf } from "./test_store.ts";

const [A, B, C] = [layerId("a"), layerId("b"), layerId("c")];

/** Tries the contract, a step a promise. */
export async function testLeases(
  t: Deno.TestContext,
  open: OpenTestStore,
): Promise<void> {
  const step = promisesOf(t, open);
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
}
