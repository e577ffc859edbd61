import { assert, assertEquals } from "@std/assert";
import { undoContainer } from "../../../../src/cri/runtime/containers/undo_container.ts";
import { isThere } from "../../../../src/fs/if_there.ts";
import { workDirectory } from "../../../../src/store/paths.ts";
import { criContext } from "../../../support/nodes/cri_context.ts";
import { needs } from "../../../support/peers.ts";
import { run } from "../../../support/servers/registry_server.ts";

Deno.test("undoContainer() leaves to the next start what it cannot remove", {
  ...needs("root"),
}, async () => {
  await using node = await criContext();
  const { context, test } = node;
  const { store } = test.agent;
  const id = await node.make("app");
  const obstacle = `${workDirectory(store.paths, id)}/obstacle`;
  await Deno.mkdir(obstacle);
  await run("mount", "-t", "tmpfs", "tmpfs", obstacle);
  try {
    await undoContainer(context, id);
  } finally {
    await run("umount", obstacle);
  }
  const [message = ""] = test.messages.filter((line) =>
    line.startsWith("warn")
  );
  assert(
    message.startsWith(
      `warn: Cannot remove container "${id}", made in part: Cannot `,
    ),
    message,
  );
  assert(
    message.endsWith("; the next start of the daemon tries it again"),
    message,
  );
  await undoContainer(context, id);
  await undoContainer(context, id); // nor is it missed
  assert(!isThere(workDirectory(store.paths, id)));
  const warnings = test.messages.filter((line) => line.startsWith("warn"));
  assertEquals(warnings, [message]);
});
