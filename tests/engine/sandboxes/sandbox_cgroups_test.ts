import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  findMissingCgroups,
  makeHostDirectories,
  managerOf,
} from "../../../src/engine/sandboxes/sandbox_cgroups.ts";
import { CommandError } from "../../../src/errors/store_errors.ts";
import { CGROUPS } from "../../../src/process/libc_proc.ts";
import type { MemoryMounter } from "../../support/memory/memory_mounter.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("managerOf() takes what is asked for, or goes by the parent", async (t) => {
  const cases = [
    [{}, "cgroupfs"],
    [{ cgroupParent: "" }, "cgroupfs"],
    [{ cgroupParent: "/pods/web" }, "cgroupfs"],
    [{ cgroupParent: "pods.slice" }, "systemd"],
    [{ cgroupParent: "pods.slice/web" }, "cgroupfs"],
    [{ cgroupParent: "pods.slice", cgroupManager: "cgroupfs" }, "cgroupfs"],
    [{ cgroupParent: "/pods", cgroupManager: "systemd" }, "systemd"],
  ] as const;
  for (const [request, manager] of cases) {
    await t.step(JSON.stringify(request), () => {
      assertEquals(managerOf(request), manager);
    });
  }
});

async function mountAt(
  mounter: MemoryMounter,
  mounts: readonly (readonly [string, string])[],
): Promise<void> {
  for (const [target, type] of mounts) {
    await mounter.mount({ source: "", target, type, flags: [], data: "" });
  }
}

Deno.test("findMissingCgroups() lists directories in each hierarchy", async (t) => {
  const one = `${CGROUPS}/orlop-test-one`;
  const two = `${CGROUPS}/orlop-test-two`;
  const missing = [
    ...[`${one}/pods`, `${one}/pods/web`],
    ...[`${two}/pods`, `${two}/pods/web`],
  ];
  const cases = [
    [{ cgroupParent: "/pods/web" }, missing],
    [{ cgroupParent: "pods//web/" }, missing],
    [{ cgroupParent: "/" }, []],
    [{}, []],
    [{ cgroupParent: "pods.slice" }, []],
    [{ cgroupParent: "/pods/web", cgroupManager: "systemd" }, []],
    [{ cgroupParent: "a.slice", cgroupManager: "cgroupfs" }, [
      ...[`${one}/a.slice`, `${two}/a.slice`],
    ]],
  ] as const;
  for (const [request, expected] of cases) {
    await t.step(JSON.stringify(request), async () => {
      using test = storeAgent();
      await mountAt(test.mounter, [
        [CGROUPS, "tmpfs"],
        [one, "cgroup"],
        [two, "cgroup2"],
        [`${CGROUPS}/bpf`, "bpf"],
        ["/elsewhere", "cgroup2"],
      ]);
      assertEquals(await findMissingCgroups(test.agent, request), expected);
    });
  }
  await t.step("not those that are there", async () => {
    using test = storeAgent();
    await mountAt(test.mounter, [[`${CGROUPS}/../..`, "cgroup"]]);
    const cgroupParent = "/fs/orlop-none";
    const found = await findMissingCgroups(test.agent, { cgroupParent });
    assertEquals(found, ["/sys/fs/orlop-none"]);
  });
});

Deno.test("makeHostDirectories() makes what is missing, with parents", async (t) => {
  using test = storeAgent();
  const { agent, dir } = test;
  const [there, file] = [dir.join("there"), dir.join("file")];
  const made = dir.join("a/b/-c");
  await Deno.mkdir(there);
  await Deno.writeTextFile(file, "");
  await makeHostDirectories(agent, [there, made]);
  assert((await Deno.stat(made)).isDirectory);
  await t.step("runs nothing if all is there", async () => {
    const signal = AbortSignal.abort("enough");
    await makeHostDirectories(agent, [there, made], { signal });
    await makeHostDirectories(agent, [], { signal });
    const error = await makeHostDirectories(agent, [dir.join("d")], { signal })
      .catch((error) => error);
    assertEquals(error, "enough");
  });
  await t.step("fails where a file is", async () => {
    await assertRejects(
      () => makeHostDirectories(agent, [file]),
      CommandError,
    );
  });
});
