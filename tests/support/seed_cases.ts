/** What cases are made of that the seed of this interface tests. */

import { assertRejects } from "@std/assert";
import { join } from "@std/path";
import { testPod, type TestRuntime } from "./test_runtime.ts";

type Kind = "containers" | "layers" | "images";

/** Makes a file of records unreadable, which every read of it tells. */
export async function damage(
  { agent }: TestRuntime,
  kind: Kind,
): Promise<void> {
  const path = join(agent.store.paths[kind], `${kind}.json`);
  await Deno.writeTextFile(path, "[{");
}

/** Expects an error of that class. */
export function rejectsWith(
  Class: new (message: string) => Error,
  act: (test: TestRuntime) => Promise<unknown>,
): (test: TestRuntime) => Promise<void> {
  return async (test) => {
    await assertRejects(() => act(test), Class);
  };
}

/** A name, what to check, and how to open the runtime for it. */
export type Case = readonly [
  name: string,
  check: (test: TestRuntime) => Promise<unknown>,
  open?: () => Promise<TestRuntime>,
];

/** Makes a test of each case. */
export function testCases(cases: readonly Case[]): void {
  for (const [name, check, open = testPod] of cases) {
    Deno.test(`S52 ${name}`, async () => {
      using test = await open();
      await check(test);
    });
  }
}
