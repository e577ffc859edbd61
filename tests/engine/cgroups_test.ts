import { assertEquals } from "@std/assert";
import {
  listCgroupMounts,
  listCgroupRoots,
  removeCgroups,
} from "../../src/engine/cgroups.ts";
import { listDirectory } from "../../src/fs/list_directory.ts";
import { CGROUPS } from "../../src/process/libc_proc.ts";
import { libc } from "../support/own_libc.ts";
import { memoryMounter } from "../support/memory/memory_mounter.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("removeCgroups() removes those below before those above", async () => {
  using dir = tempDir();
  const paths = ["a", "a/b", "a/b/c", "gone"].map((path) => dir.join(path));
  await Deno.mkdir(dir.join("a/b/c"), { recursive: true });
  await removeCgroups({ store: { libc } as never }, paths);
  assertEquals(listDirectory(dir.path), []);
});

Deno.test("removeCgroups() leaves those that somebody uses", async () => {
  using dir = tempDir();
  const paths = ["a", "b"].map((path) => dir.join(path));
  await Deno.mkdir(dir.join("a/used"), { recursive: true });
  await Deno.mkdir(dir.join("b"));
  await removeCgroups({ store: { libc } as never }, paths);
  assertEquals(listDirectory(dir.path), ["a"]);
});

Deno.test("listCgroupRoots() reports both versions, and of nothing else", async () => {
  const mounter = memoryMounter();
  assertEquals(await listCgroupRoots({ mounter }), []);
  const mounts = [
    ["tmpfs", CGROUPS],
    ["cgroup", `${CGROUPS}/memory`],
    ["cgroup2", `${CGROUPS}/unified`],
    ["cgroup2", "/elsewhere"],
    ["bpf", `${CGROUPS}/x`],
  ] as const;
  for (const [type, target] of mounts) {
    await mounter.mount({ source: type, target, type, flags: [], data: "" });
  }
  assertEquals(await listCgroupRoots({ mounter }), [
    `${CGROUPS}/memory`,
    `${CGROUPS}/unified`,
  ]);
});

Deno.test("listCgroupMounts() reads a table that is there only now and then", async () => {
  const mounter = memoryMounter();
  const mount = (target: string) =>
    mounter.mount({
      ...{ source: "cgroup2", type: "cgroup2", flags: [], data: "" },
      target,
    });
  await mount(CGROUPS);
  const before = await listCgroupMounts({ mounter });
  await mount(`${CGROUPS}/more`);
  assertEquals(await listCgroupMounts({ mounter }), before);
  assertEquals(before.length, 1);
});
