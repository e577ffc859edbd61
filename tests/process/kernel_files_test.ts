import { assert, assertEquals } from "@std/assert";
import { readKernelFiles } from "../../src/process/kernel_files.ts";
import { libc } from "../support/own_libc.ts";

const OWN = `/proc/${Deno.pid}`;

Deno.test("readKernelFiles() reads the same by libc and by a program", async (t) => {
  const paths = [`${OWN}/limits`, `${OWN}/oom_score_adj`, "/proc/meminfo"];
  const missing = Array.from({ length: 2000 }, (_, n) => `/proc/${n}9999/stat`);
  const wanted = [...paths, ...missing, "/sys/fs/cgroup/none/cgroup.procs"];
  for (const by of [libc, undefined]) {
    await t.step(by ? "libc" : "a program", async () => {
      const found = await readKernelFiles(wanted, { libc: by });
      assertEquals([...found.keys()], paths);
      assert(found.get(`${OWN}/limits`)?.includes("Max open files"));
      assert(/^-?\d+\n$/.test(found.get(`${OWN}/oom_score_adj`) ?? ""));
    });
  }
  assertEquals(await readKernelFiles([], { libc: undefined }), new Map());
});

Deno.test("readKernelFiles() reads nothing else by libc", async (t) => {
  const ignore = libc === undefined;
  const paths = [
    ...["/etc/passwd", "/proc/self/limits", `${OWN}/environ`, `${OWN}/mem`],
    ...["/sys/fs/cgroup/../../../etc/passwd", "/sys/fs/cgroup/./cgroup.procs"],
    ...["/sys/fs/cgroupx/y", "/proc/../etc/passwd", "/sys/fs/cgroup/a\0b"],
    ...["/proc/1/../../etc/passwd", "/proc/1/limits/../environ"],
  ];
  for (const path of paths) {
    await t.step({
      name: path,
      ignore,
      fn: async () => {
        assertEquals(await readKernelFiles([path], { libc }), new Map());
      },
    });
  }
});
