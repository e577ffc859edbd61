/** Files of containers, which run or do not: real mounts, under runc. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { copyFiles } from "../../../src/engine/files/copy_files.ts";
import {
  openContainerRoot,
  openHostRoot,
} from "../../../src/engine/files/container_root.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import {
  MONITOR_NEEDS,
  type MonitoredStore,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { libc } from "../../support/own_libc.ts";
import { needs, needsThat } from "../../support/peers.ts";

const NEEDED = {
  ignore: MONITOR_NEEDS.ignore || needs("tar", "nsenter", "unshare").ignore ||
    needsThat(libc?.roots !== undefined, "libc cannot be bound").ignore,
};

/** Makes a container that does not run, and is not mounted. */
async function makeIdle(test: MonitoredStore): Promise<ContainerId> {
  const { id } = await test.make("sleep 1000");
  await test.runtime.stopContainer(id, { mode: "all" });
  return id;
}

async function recordOf({ agent }: MonitoredStore, id: ContainerId) {
  using held = await agent.store.lock({ containers: "read" });
  const record = held.containers.get(id);
  assert(record !== undefined);
  return record;
}

async function listMounts(
  { agent }: MonitoredStore,
  id: ContainerId,
): Promise<readonly string[]> {
  using held = await agent.store.lock({ containers: "read" });
  const layer = held.containers.get(id)?.layer ?? "";
  const home = join(agent.store.paths.home, layer);
  return (await agent.mounter.list(home)).map(({ target }) => target);
}

Deno.test(
  "openContainerRoot() shows the files of a container",
  NEEDED,
  async (t) => {
    await using test = await monitoredStore();
    const { agent } = test;
    const idle = await makeIdle(test);
    const { id: busy } = await test.run("sleep 1000");
    for (const [name, id] of [["idle", idle], ["busy", busy]] as const) {
      await t.step(name, async () => {
        const record = await recordOf(test, id);
        const mountsBefore = await listMounts(test, id);
        const root = await openContainerRoot(agent, record);
        const merged = join(agent.store.paths.home, record.layer, "merged");
        assert(await exists(join(merged, "bin/busybox")));
        await Deno.symlink("bin", join(merged, "link"));
        await Deno.symlink("/bin/busybox", join(merged, "tool"));
        await Deno.symlink("/none", join(merged, "nowhere"));
        await Deno.symlink("/../../../etc", join(merged, "out"));
        const isThere = (path: string) => {
          const found = root.find(path);
          found?.[Symbol.dispose]();
          return found !== undefined;
        };
        assertEquals(
          ["/bin/sh", "bin/sh", "/link/sh", "/tool", "/", "/none", "/nowhere"]
            .map(isThere),
          [true, true, true, true, true, false, false],
        );
        assertEquals(
          ["/link", "/tool", "/bin/sh", "/none/x", "/"].map((path) =>
            root.resolve(path).replace(/^\/+/, "/")
          ),
          ["/bin", "/bin/busybox", "/bin/busybox", "/none/x", "/"],
        );
        await root[Symbol.asyncDispose]();
        assertEquals(await listMounts(test, id), mountsBefore);
        assertEquals(mountsBefore.length > 0, id === busy);
      });
    }
    await t.step("not if it is aborted", async () => {
      const record = await recordOf(test, idle);
      const signal = AbortSignal.abort("enough");
      const error = await openContainerRoot(agent, record, { signal })
        .catch((error) => error);
      assertEquals(error, "enough");
      assertEquals(await listMounts(test, idle), []);
    });
  },
);

Deno.test(
  "openHostRoot() shows the files of this machine",
  NEEDED,
  async () => {
    await using test = await monitoredStore();
    const { dir } = test;
    await Deno.mkdir(dir.join("real"));
    await Deno.symlink("real", dir.join("link"));
    await using root = openHostRoot(test.agent);
    assertEquals(root.resolve(dir.join("link")), dir.join("real"));
    assertEquals(root.resolve(dir.join("none")), dir.join("none"));
    using found = root.find(dir.join("link"));
    assert(found !== undefined);
    assertEquals(root.find(dir.join("none")), undefined);
  },
);

/** Mode, owner and group of a file, or what it is if it is none. */
async function statusOf(path: string): Promise<string> {
  const { mode, uid, gid, isFile } = await Deno.lstat(path);
  return `${isFile} ${((mode ?? 0) & 0o7777).toString(8)} ${uid}:${gid}`;
}

Deno.test(
  "copyFiles() copies into containers, and out of them",
  NEEDED,
  async (t) => {
    await using test = await monitoredStore();
    const { agent, dir } = test;
    const idle = await makeIdle(test);
    const { id: busy } = await test.run("sleep 1000");
    const from = dir.join("from");
    await Deno.mkdir(join(from, "d"), { recursive: true });
    await Deno.writeTextFile(join(from, "f"), "text");
    await Deno.chown(join(from, "f"), 5, 6);
    await Deno.chmod(join(from, "f"), 0o6755);
    await Deno.writeTextFile(join(from, "d", "g"), "inner");
    for (const [name, container] of [["idle", idle], ["busy", busy]] as const) {
      await t.step(name, async () => {
        const { layer } = await recordOf(test, container);
        // With overlayfs, what is written is in the upper directory.
        const inside = (path: string) =>
          join(agent.store.paths.home, layer, "diff", path);
        const into = (path: string) => ({ container, path });
        const out = dir.join(`out-${name}`);
        await Deno.mkdir(out);
        await copyFiles(agent, { path: join(from, "f") }, into("/bin/new"));
        assertEquals(await statusOf(inside("bin/new")), "true 6755 0:0");
        await copyFiles(agent, { path: join(from, "f") }, into("/own"), {
          owner: "source",
        });
        assertEquals(await statusOf(inside("own")), "true 6755 5:6");
        await copyFiles(agent, { path: join(from, "d") }, into("/bin"));
        assertEquals(await Deno.readTextFile(inside("bin/d/g")), "inner");
        await copyFiles(agent, into("/own"), { path: out });
        // Without the bits, and for the user of orlop.
        assertEquals(await statusOf(join(out, "own")), "true 755 0:0");
        assertEquals(await Deno.readTextFile(join(out, "own")), "text");
        await copyFiles(agent, into("/bin/d/."), { path: out });
        assertEquals(await Deno.readTextFile(join(out, "g")), "inner");
        // Between two places of one container.
        await copyFiles(agent, into("/own"), into("/bin/copy"), {
          owner: "source",
        });
        assertEquals(await statusOf(inside("bin/copy")), "true 6755 5:6");
        const error = await assertRejects(
          () => copyFiles(agent, into("/none"), { path: out }),
          Error,
        );
        assert(error.message.includes(`${container}:/none`), error.message);
        assertEquals(
          (await listMounts(test, container)).length > 0,
          container === busy,
        );
      });
    }
  },
);

Deno.test(
  "copyFiles() leads no file through links of a container",
  NEEDED,
  async () => {
    await using test = await monitoredStore();
    const { agent, dir } = test;
    const container = await makeIdle(test);
    const { layer } = await recordOf(test, container);
    const diff = join(agent.store.paths.home, layer, "diff");
    const secret = dir.join("secret");
    await Deno.writeTextFile(secret, "of the host");
    await Deno.symlink(secret, join(diff, "link"));
    await Deno.symlink(dir.path, join(diff, "folder"));
    await Deno.mkdir(join(diff, "usr/lib"), { recursive: true });
    await Deno.symlink("usr/lib", join(diff, "lib"));
    await Deno.mkdir(join(diff, "devices"));
    await new Deno.Command("mknod", {
      args: [join(diff, "devices/null"), "c", "1", "3"],
    }).output();
    await Deno.writeTextFile(join(diff, "devices/file"), "");
    const out = dir.join("out");
    await Deno.mkdir(out);
    for (const path of ["/link", "/folder/secret"]) {
      await assertRejects(() =>
        copyFiles(agent, { container, path }, { path: out })
      );
    }
    await assertRejects(() =>
      copyFiles(agent, { path: secret }, { container, path: "/folder/new" })
    );
    assert(!await exists(dir.join("new")));
    await copyFiles(agent, { container, path: "/devices" }, { path: out });
    assertEquals(
      (await Array.fromAsync(Deno.readDir(join(out, "devices"))))
        .map(({ name }) => name),
      ["file"],
    );
    // A link to a directory stays one if a directory is unpacked on it.
    const tree = dir.join("tree");
    await Deno.mkdir(join(tree, "lib"), { recursive: true });
    await Deno.writeTextFile(join(tree, "lib/new"), "");
    await copyFiles(agent, { path: `${tree}/.` }, { container, path: "/" });
    assert(await exists(join(diff, "usr/lib/new")));
    assert((await Deno.lstat(join(diff, "lib"))).isSymlink);
  },
);
