import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { claimStore, isServed } from "../../src/engine/serving.ts";
import { InUseError } from "../../src/errors/store_errors.ts";
import { openAgent } from "../../src/engine/agent.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("claimStore() lets one process serve a store", async () => {
  using dir = tempDir();
  const agent = openAgent({ root: dir.path, runRoot: dir.join("run") });
  assertFalse(isServed(agent.store));
  const claim = await claimStore(agent);
  assert(isServed(agent.store));
  const error = await assertRejects(() => claimStore(agent), InUseError);
  assertEquals(
    error.message,
    `Cannot serve store "${dir.path}": another "orlop serve" does; ` +
      `"${dir.join("run")}/orlop/serve.lock" is locked`,
  );
  claim[Symbol.dispose]();
  assertFalse(isServed(agent.store));
  (await claimStore(agent))[Symbol.dispose]();
});
