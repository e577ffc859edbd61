import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { listSandboxes } from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { noteUpdate } from "../../../src/engine/sandboxes/note_update.ts";
import { placesOf } from "../../../src/engine/sandboxes/sandbox_places.ts";
import { readSandboxState } from "../../../src/engine/sandboxes/sandbox_state.ts";
import { notedSandboxes } from "../../support/nodes/noted_sandboxes.ts";
import { needs } from "../../support/peers.ts";

const NEEDED = needs("root", "timeout", "flock");

Deno.test("noteUpdate() adds to what was asked for", NEEDED, async () => {
  using noted = await notedSandboxes();
  const { agent } = noted.test;
  const { id, state } = await noted.make("web");
  const seen: unknown[] = [];
  for (const update of [{ a: 1 }, null, [2]]) {
    await noteUpdate(agent, id, {
      change(before) {
        seen.push(before);
        return update;
      },
    });
    const [listed] = await listSandboxes(agent);
    assertEquals([listed?.update, listed?.state], [update, "ready"]);
    assertEquals(readSandboxState(agent, id)?.networks, state.networks);
  }
  assertEquals(seen, [undefined, { a: 1 }, null]);
  assert(await exists(placesOf(agent.store.paths, id).lock));
});
