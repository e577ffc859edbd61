import { assert, assertEquals } from "@std/assert";
import { ContainerState } from "../../../../src/cri/api/api_pb.js";
import { removeContainer } from "../../../../src/cri/runtime/containers/remove_container.ts";
import { undoContainer } from "../../../../src/cri/runtime/containers/undo_container.ts";
import { notePath } from "../../../../src/cri/runtime/state/container_note.ts";
import { isThere } from "../../../../src/fs/if_there.ts";
import { workDirectory } from "../../../../src/store/paths.ts";
import { needs } from "../../../support/peers.ts";
import { criContext } from "../../../support/nodes/cri_context.ts";
import { run } from "../../../support/servers/registry_server.ts";

const { CONTAINER_EXITED } = ContainerState;

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

Deno.test("removeContainer() removes what it cannot take a note of", async () => {
  await using node = await criContext();
  const { context, call, test } = node;
  const id = await node.make("app", { state: CONTAINER_EXITED });
  // No file can replace a folder.
  const path = notePath(test.agent, id);
  await Deno.remove(path);
  await Deno.mkdir(path);
  await removeContainer(context, {
    ...{ $typeName: "runtime.v1.RemoveContainerRequest", containerId: id },
  }, call);
  const warning = `warn: Removes "${id}" without a note: `;
  assertEquals(
    test.messages.filter((line) => line.startsWith(warning)).length,
    1,
  );
  // It is gone when that is answered.
  using held = await test.agent.store.lock({ containers: "read" });
  assertEquals(held.containers.lookUp(id), undefined);
});
