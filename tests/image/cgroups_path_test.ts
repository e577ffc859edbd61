import { assertEquals, assertThrows } from "@std/assert";
import {
  type CgroupManager,
  cgroupsPathOf,
} from "../../src/image/cgroups_path.ts";

Deno.test("cgroupsPathOf() puts containers below their pod's", async (t) => {
  const pod = "kubepods-burstable-pod1.slice";
  const table: [string, CgroupManager, string][] = [
    ["", "cgroupfs", "/orlop/ID"],
    ["", "systemd", "system.slice:orlop:ID"],
    ["/kubepods/pod1", "cgroupfs", "/kubepods/pod1/ID"],
    ["kubepods/pod1/", "cgroupfs", "/kubepods/pod1/ID"],
    [pod, "systemd", `${pod}:orlop:ID`],
    [`/kubepods.slice/${pod}`, "systemd", `${pod}:orlop:ID`],
    ["a\\x2db:c_1.slice", "systemd", "a\\x2db:c_1.slice:orlop:ID"],
    ["/a...b/.c", "cgroupfs", "/a...b/.c/ID"],
    [`/kubepods.slice/${pod}`, "cgroupfs", `/kubepods.slice/${pod}/ID`],
  ];
  for (const [parent, manager, expected] of table) {
    await t.step(`${parent} ${manager}`, () => {
      assertEquals(cgroupsPathOf("ID", { parent, manager }), expected);
    });
  }
  const wrong: [string, CgroupManager][] = [
    ["/kubepods/pod1", "systemd"],
    ["a b.slice", "systemd"],
    ["a.slice:x", "systemd"],
    ["a.slicex", "systemd"],
    [".slice", "systemd"],
    ["a/", "systemd"],
    ["/a/../b", "cgroupfs"],
    ["/..", "cgroupfs"],
    ["/./b", "cgroupfs"],
    ["/", "cgroupfs"],
    ["/a\nb", "cgroupfs"],
  ];
  for (const [parent, manager] of wrong) {
    await t.step(`not ${parent} ${manager}`, () => {
      assertThrows(
        () => cgroupsPathOf("ID", { parent, manager }),
        TypeError,
        "Cannot use cgroup parent",
      );
    });
  }
});
