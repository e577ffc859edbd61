import { assertEquals, assertMatch } from "@std/assert";
import { overlayCheck } from "../../../src/engine/doctor/check_overlay.ts";
import type { Finding } from "../../../src/engine/doctor/finding.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const ROOT = needs("root", "mount");

async function look(root: string, signal?: AbortSignal): Promise<Finding> {
  const options = { root, runRoot: `${root}-run`, libc: undefined, env: {} };
  const check = overlayCheck({ ...options, signal });
  assertEquals(check.name, "overlay");
  const [finding, ...more] = await check.look();
  assertEquals(more, []);
  if (finding === undefined) throw new Error("no finding");
  return finding;
}

async function mountsBelow(path: string): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command("cat", {
    args: ["/proc/self/mountinfo"],
  }).output();
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line.includes(` ${path}/`));
}

Deno.test(
  "overlayCheck() mounts on the store's file system, and leaves nothing",
  {
    ...ROOT,
  },
  async (t) => {
    // One whose file system has all that layers need.
    using dir = tempDir("/var/tmp");
    await t.step("where a store is", async () => {
      const { check, state, found, advice } = await look(dir.path);
      assertEquals([check, state, advice], ["overlay", "ok", undefined]);
      assertMatch(found, /^works, also with .*(metacopy=on|volatile|index=on)/);
      assertEquals(listDirectory(dir.join("orlop")), []);
    });
    await t.step("where one would be", async () => {
      assertEquals((await look(dir.join("new"))).state, "ok");
      assertEquals(listDirectory(dir.path), ["orlop"]);
    });
    await t.step("where even the folder above is missing", async () => {
      const { state, found } = await look(dir.join("none", "new"));
      const expected = "not tried: the first pull creates the store";
      assertEquals([state, found], ["ok", expected]);
      assertEquals(listDirectory(dir.path), ["orlop"]);
    });
    assertEquals(await mountsBelow(dir.path), []);
  },
);

Deno.test("overlayCheck() reports where layers cannot be", {
  ...ROOT,
}, async () => {
  using dir = tempDir("/var/tmp");
  const root = dir.join("root");
  await Deno.mkdir(root);
  const mount = await new Deno.Command("mount", {
    args: ["-t", "ramfs", "none", root],
  }).output();
  assertEquals(mount.code, 0);
  try {
    // It keeps no extended attributes.
    const { state, found, advice } = await look(root);
    assertEquals(state, "fail");
    assertMatch(advice ?? "", /ext4 or xfs/);
    assertMatch(found, /./);
    assertEquals(listDirectory(`${root}/orlop`), []);
    assertEquals(await mountsBelow(root), []);
  } finally {
    await new Deno.Command("umount", { args: [root] }).output();
  }
});

Deno.test("overlayCheck() ends if it is told to, and tidies up", {
  ...ROOT,
}, async () => {
  using dir = tempDir("/var/tmp");
  const signal = AbortSignal.abort(new Error("enough"));
  const { state, found } = await look(dir.path, signal);
  assertEquals([state, found], ["fail", "enough"]);
  assertEquals(listDirectory(dir.join("orlop")), []);
});
