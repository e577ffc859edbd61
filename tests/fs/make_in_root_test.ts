import { assert, assertEquals } from "@std/assert";
import { makeDirectoryInRoot } from "../../src/fs/make_in_root.ts";
import { isRoot } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const OWNER = { uid: 1000, gid: 2000 };

/** Permission bits, and whose it is where that can be set. */
async function look(path: string): Promise<readonly unknown[]> {
  const { mode, uid, gid, isDirectory } = await Deno.lstat(path);
  const bits = ((mode ?? 0) & 0o7777).toString(8);
  return [isDirectory, bits, ...isRoot ? [uid, gid] : []];
}

function owned(uid: number, gid: number): readonly unknown[] {
  return [true, "755", ...isRoot ? [uid, gid] : []];
}

Deno.test("makeDirectoryInRoot() makes what is missing, whatever the umask", async (t) => {
  using dir = tempDir();
  const root = dir.join("root");
  await Deno.mkdir(`${root}/real`, { recursive: true });
  await Deno.chmod(root, 0o755);
  await Deno.chmod(`${root}/real`, 0o755);
  const links = { "abs": "/real", "out": "../../../made", "far": "/a/b/../c" };
  for (const [name, target] of Object.entries(links)) {
    await Deno.symlink(target, `${root}/${name}`);
  }
  const table: Record<string, readonly [made: string, above?: string]> = {
    "/data": ["data"],
    "relative": ["relative"],
    "/one/two/three": ["one/two/three", "one/two"],
    "/abs/inside": ["real/inside", "real"],
    "/out": ["made"],
    "/far/x": ["a/c/x", "a/c"],
    "/../../climbs": ["climbs"],
  };
  const before = Deno.umask(0o777);
  try {
    for (const [path, [made, above]] of Object.entries(table)) {
      await t.step(path, async () => {
        assert(await makeDirectoryInRoot(root, path, OWNER));
        assertEquals(await look(`${root}/${made}`), owned(1000, 2000));
        if (above === undefined) return;
        const { uid, gid } = await Deno.stat(root);
        const expected = owned(uid ?? 0, gid ?? 0);
        assertEquals(await look(`${root}/${above}`), expected);
      });
    }
  } finally {
    Deno.umask(before);
  }
  const beside = await Array.fromAsync(Deno.readDir(dir.path));
  assertEquals(beside.map(({ name }) => name), ["root"]);
});

Deno.test("makeDirectoryInRoot() leaves what is there", async (t) => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("private"));
  await Deno.chmod(dir.join("private"), 0o700);
  await Deno.writeTextFile(dir.join("file"), "text");
  const status = await look(dir.join("private"));
  assert(await makeDirectoryInRoot(dir.path, "/private", OWNER));
  assertEquals(await look(dir.join("private")), status);
  for (const path of ["/file", "/file/below", "/file/far/below"]) {
    await t.step(path, async () => {
      const isDirectory = await makeDirectoryInRoot(dir.path, path, OWNER);
      assertEquals(isDirectory ? "made" : "left", "left");
      assertEquals(await Deno.readTextFile(dir.join("file")), "text");
    });
  }
  await t.step("the root itself", async () => {
    assert(await makeDirectoryInRoot(dir.path, "/", OWNER));
  });
});

Deno.test("makeDirectoryInRoot() makes as many levels as a path can have", async () => {
  using dir = tempDir();
  const levels = Math.floor((4095 - dir.path.length) / 2);
  // Looking at each of them from each of them would take minutes.
  assert(await makeDirectoryInRoot(dir.path, "/a".repeat(levels), OWNER));
  assert((await Deno.lstat(dir.path + "/a".repeat(levels))).isDirectory);
});
