/** What cannot be removed costs nobody anything else. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { existsSync } from "node:fs";
import { deleteContainers } from "../../../src/store/delete_container.ts";
import { openStore } from "../../../src/store/open_store.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const NEEDED = needs("root", "busybox", "mount", "umount", "findmnt", "tar");

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args })
    .output();
  assert(success, new TextDecoder().decode(stderr));
}

/** A container `app` in a pod, with something mounted in its work dir. */
async function withMount(store: SharedStore): Promise<string> {
  await writeBusyboxLayout(store.join("tiny"));
  await store.orlop("pull", `oci:${store.join("tiny")}:latest`);
  await store.orlop("pod", "create", "p");
  await create(store, "app");
  const work = await store.orlop("container", "dirs", "--work", "app");
  await Deno.mkdir(`${work}/shm`);
  await run("mount", "-t", "tmpfs", "shm", `${work}/shm`);
  return `${work}/shm`;
}

function create({ orlop }: SharedStore, name: string): Promise<string> {
  return orlop("container", "create", "--pod=p", `--name=${name}`, "tiny");
}

Deno.test(
  "what is mounted in a container keeps it, before anything goes",
  NEEDED,
  async (t) => {
    await using store = sharedStore();
    const mount = await withMount(store);
    const before = store.mounts();
    const list = () => store.orlop("ps", "--format={{.Names}} {{.State}}");
    const listed = await list();
    for (
      const command of [
        ...["rm app", "rm --force app", "pod rm --force p", "rmi --force tiny"],
        ...["gc --containers=stopped --leftover-age=0s"],
      ]
    ) {
      await t.step(command, async () => {
        const { code, err } = await store.tryOrlop(...command.split(" "));
        const isCleanup = command.startsWith("gc"); // it leaves what is in use
        assertEquals(code, isCleanup ? 0 : 4);
        const why = `"${mount}" is mounted in its directories`;
        assertStringIncludes(err, isCleanup ? "" : why);
        assertEquals(await list(), listed);
        assertEquals(store.mounts(), before);
        assertEquals(store.check("allowed"), []);
      });
    }
    await run("umount", mount);
    await store.orlop("pod", "rm", "--force", "p");
    assertEquals(store.check(), []);
  },
);

Deno.test(
  "a removal that is stuck is told, and stops nothing",
  NEEDED,
  async () => {
    await using store = sharedStore();
    const { orlop, tryOrlop, root, runRoot } = store;
    const mount = await withMount(store);
    {
      // A removal that did not look for mounts, as other versions may not.
      const opened = openStore({ root, runRoot });
      await using trash = opened.openStaging();
      using held = await opened.lock({
        ...{ layers: "write", images: "write", containers: "write" } as const,
      });
      const id = held.containers.getByName("app")?.id;
      assert(id !== undefined);
      const error = await assertRejects(() =>
        deleteContainers(opened, held, { ids: [id], trash })
      );
      assert(error instanceof Error);
      assertMatch(
        error.message,
        /^Cannot remove "\/.*": it is in use/,
      );
    }
    for (
      const command of [
        ...["images", "ps", "container create --pod p --name other tiny"],
        ...["start other", "stop other", "rm other", "gc"],
      ]
    ) {
      const { code, err } = await tryOrlop(...command.split(" "));
      assertEquals(code, 0, `${command}: ${err}`);
      if (command === "images") continue; // it has no need of containers
      assertMatch(
        err,
        /Cannot finish the removal of container "\w+": Cannot remove "\/.*": it/,
      );
      assertEquals(err.split("\n").length, 1, err);
    }
    assertStringIncludes(
      await orlop("ps", "--format={{.Names}} {{.Status}}"),
      "app Removing",
    );
    const { code, err } = await tryOrlop("start", "app");
    assertEquals(code, 1);
    assertStringIncludes(err, 'start container "app": its removal has begun');
    await run("umount", mount);
    await orlop("gc"); // goes on with it
    assert(!existsSync(mount));
    assertEquals(
      await orlop("ps", "--format={{.Names}}", "--filter=name=app"),
      "",
    );
    assertEquals(store.check(), []);
  },
);
