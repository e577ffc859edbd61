/** Whoever makes or removes a sandbox is killed; the next one undoes it. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { listContainers } from "../../../src/engine/containers/list_containers.ts";
import { listSandboxes } from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import { runSandbox } from "../../../src/engine/sandboxes/run_sandbox.ts";
import { cleanUpSandboxes } from "../../../src/engine/sandboxes/clean_up_sandboxes.ts";
import { needsNetworks } from "../../support/nodes/test_network.ts";
import {
  sandboxRequest,
  type TestSandboxes,
  testSandboxes,
} from "../../support/sandboxes.ts";
import { seededRandom } from "../../support/seeded.ts";

// All steps take minutes: those of other seeds are others.
const EVERY = Number(Deno.env.get("ORLOP_KILL_EVERY") ?? 20);
const random = seededRandom("killed_sandbox_test");

const PROGRAM = fromFileUrl(
  new URL("../../support/programs/killed_sandbox.ts", import.meta.url),
);

/** @returns Whether it was killed; false if it has fewer steps. */
async function killAt(
  { dir, networks }: TestSandboxes,
  verb: "run" | "remove",
  step: number,
): Promise<boolean> {
  const flags = ["run", "--allow-all", "--quiet", "--no-check", PROGRAM];
  const places = [dir.join("root"), dir.join("run")];
  const { configDirectory = "" } = networks;
  const { success, signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, ...places, configDirectory, "web", verb, String(step)],
    stdin: "null",
  }).output();
  if (signal === "SIGKILL") return true;
  assert(success, new TextDecoder().decode(stderr));
  return false;
}

async function removeAll({ reopen }: TestSandboxes): Promise<void> {
  const agent = reopen();
  for (const { id } of await listSandboxes(agent)) {
    await removeSandbox(agent, id);
  }
  // What was not even recorded to its end, the next change of the store removes.
  await runSandbox(agent, {
    ...sandboxRequest("other"),
    namespaces: { network: "node", ipc: "node", pid: "node" },
  }).then(({ id }) => removeSandbox(agent, id));
  await cleanUpSandboxes(agent);
}

for (const verb of ["run", "remove"] as const) {
  Deno.test({
    name: `removeSandbox() undoes what a kill left of: ${verb}`,
    ...needsNetworks(),
    async fn(t) {
      await using test = testSandboxes();
      // Once whole: then the image is there, which takes steps of its own.
      assert(!await killAt(test, "run", 0));
      let step = 1 + Math.floor(random() * EVERY);
      for (let isKilled = true; isKilled; step += EVERY) {
        if (verb === "run") await removeAll(test);
        await t.step(`at step ${step}`, async () => {
          isKilled = await killAt(test, verb, step);
          for (const { state, ips } of await listSandboxes(test.agent)) {
            assert(state === "not-ready" || ips.length === 2);
          }
          await removeAll(test);
          assertEquals(await test.findLeaks(), []);
          assertEquals(await listContainers(test.agent), []);
        });
        if (verb === "remove" && isKilled) {
          assert(!await killAt(test, "run", 0));
        }
      }
    },
  });
}
