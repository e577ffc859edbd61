import { assertEquals } from "@std/assert";
import {
  type DeviceSettings,
  makeDevices,
  type RuntimeDevice,
} from "../../src/image/devices.ts";

const NULL: RuntimeDevice = {
  ...{ path: "/dev/null", type: "c", major: 1, minor: 3 },
  ...{ fileMode: 0o666, uid: 1, gid: 2, access: "rw" },
};

Deno.test("makeDevices() makes each node once, and a rule for each device", async (t) => {
  const disk: RuntimeDevice = {
    ...{ ...NULL, path: "/dev/sda", type: "b", major: 8, minor: 0 },
    access: "r",
  };
  const { access: _, ...node } = NULL;
  const { access: __, ...diskNode } = disk;
  const rule = { allow: true, type: "c", major: 1, minor: 3, access: "rw" };
  const diskRule = { allow: true, type: "b", major: 8, minor: 0, access: "r" };
  const again: RuntimeDevice = { ...NULL, minor: 5, access: "m" };
  const cases: readonly (readonly [
    string,
    readonly RuntimeDevice[],
    DeviceSettings["nodes"],
    DeviceSettings["rules"],
  ])[] = [
    ["none", [], [], []],
    ["two", [NULL, disk], [node, diskNode], [rule, diskRule]],
    [
      "two at one path, of which the later counts",
      [NULL, again],
      [{ ...node, minor: 5 }],
      [rule, { ...rule, minor: 5, access: "m" }],
    ],
  ];
  for (const [name, devices, nodes, rules] of cases) {
    for (const others of ["allow", "deny"] as const) {
      await t.step(`${name}, ${others} others`, () => {
        const first = { allow: others === "allow", access: "rwm" };
        assertEquals(makeDevices(devices, others), {
          nodes,
          rules: [first, ...rules],
        });
      });
    }
  }
});
