import { assertEquals, assertThrows } from "@std/assert";
import {
  cgroupPathOf,
  chooseCgroupMounts,
} from "../../../src/engine/stats/cgroup_mounts.ts";

Deno.test("chooseCgroupMounts() knows both versions, and both at once", () => {
  const directory = "/sys/fs/cgroup";
  const v1 = { target: `${directory}/memory`, type: "cgroup" };
  const v2 = { target: `${directory}/unified`, type: "cgroup2" };
  assertEquals(chooseCgroupMounts([v1]), {
    ...{ version: 1, directory, unified: undefined },
  });
  assertEquals(chooseCgroupMounts([v2, v1]), {
    ...{ version: 1, directory, unified: v2.target },
  });
  assertEquals(chooseCgroupMounts([{ target: directory, type: "cgroup2" }]), {
    ...{ version: 2, directory, unified: directory },
  });
  assertThrows(() => chooseCgroupMounts([]), TypeError, "no control groups");
});

Deno.test("cgroupPathOf() finds what a runtime makes", async (t) => {
  const table = [
    ["/kubepods/pod1/ID", "/kubepods/pod1/ID"],
    ["orlop/ID", "/orlop/ID"],
    ["system.slice:orlop:ID", "/system.slice/orlop-ID.scope"],
    [
      "a-b-c_d.slice:orlop:ID",
      "/a.slice/a-b.slice/a-b-c_d.slice/orlop-ID.scope",
    ],
    ["-.slice:orlop:ID", "/orlop-ID.scope"],
  ];
  for (const [text = "", path] of table) {
    await t.step(text, () => assertEquals(cgroupPathOf(text), path));
  }
});
