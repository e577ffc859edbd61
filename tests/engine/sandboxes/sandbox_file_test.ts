import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { isSandbox } from "../../../src/engine/sandboxes/sandbox_file.ts";
import { sandboxPath } from "../../../src/engine/sandboxes/sandbox_state.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { attachmentPath } from "../../../src/store/paths.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ID = parseContainerId("a".repeat(64));

Deno.test("isSandbox() sees a state or a note, damaged or not", async (t) => {
  const cases: readonly (readonly [string, readonly string[], boolean])[] = [
    ["neither", [], false],
    ["a state", ["state"], true],
    ["a note, its record lost", ["note"], true],
    ["both", ["state", "note"], true],
  ];
  for (const [name, files, expected] of cases) {
    await t.step(name, async () => {
      using test = storeAgent();
      const { agent } = test;
      const paths = {
        state: sandboxPath(agent, ID),
        note: attachmentPath(agent.store.paths, ID),
      };
      for (const [kind, path] of Object.entries(paths)) {
        await Deno.mkdir(dirname(path), { recursive: true });
        if (files.includes(kind)) await Deno.writeTextFile(path, "{");
      }
      assertEquals(isSandbox(agent, ID), expected);
    });
  }
});

Deno.test("isSandbox() sees what is in the place of a state", async () => {
  using test = storeAgent();
  const { agent } = test;
  await Deno.mkdir(sandboxPath(agent, ID), { recursive: true });
  assert(isSandbox(agent, ID));
});
