import { assertEquals } from "@std/assert";
import type { RuntimeSpec } from "../../src/formats/oci/runtime_spec.ts";
import { applyEdits, type FoundEdits } from "../../src/image/device_edits.ts";

const NOTHING: FoundEdits = {
  ...{ env: [], nodes: [], mounts: [], hooks: [], groups: [] },
};
const NODE = {
  ...{ path: "/dev/x", type: "c", major: 5, minor: 6 } as const,
  ...{ fileMode: 0o600, access: "rw" },
};
const MADE = {
  ...{ path: "/dev/x", type: "c", major: 5, minor: 6, fileMode: 0o600 },
};
const RULE = { allow: true, type: "c", major: 5, minor: 6, access: "rw" };
const MOUNT = {
  ...{ hostPath: "/h", containerPath: "/c", type: "", options: [] },
};
const BOUND = {
  ...{ destination: "/c", source: "/h", type: "bind" },
  options: ["rbind", "rprivate", "rw"],
};
const HOOK = { path: "/h", args: ["a"], env: [], timeout: undefined };

Deno.test("applyEdits() adds to a configuration, and keeps what else is in it", async (t) => {
  type Case = readonly [string, object, Partial<FoundEdits>, object];
  const cases: readonly Case[] = [
    ["nothing", { root: { path: "/" } }, {}, {
      ...{ root: { path: "/" }, process: { cwd: "/" } },
    }],
    [
      "variables, later ones in the place of earlier ones",
      { process: { cwd: "/w", env: ["A=1", "B=2"] } },
      { env: ["B=3=4", "C=5"] },
      { process: { cwd: "/w", env: ["A=1", "B=3=4", "C=5"] } },
    ],
    [
      "groups, each once, and never root's",
      { process: { cwd: "/", user: { uid: 1, additionalGids: [7] } } },
      { groups: [0, 7, 8, 8] },
      { process: { cwd: "/", user: { uid: 1, additionalGids: [7, 8] } } },
    ],
    ["root's group alone", {}, { groups: [0] }, { process: { cwd: "/" } }],
    ["the group after root's", {}, { groups: [1] }, {
      process: { cwd: "/", user: { additionalGids: [1] } },
    }],
    ["a mount", {}, { mounts: [MOUNT] }, {
      ...{ process: { cwd: "/" }, mounts: [BOUND] },
    }],
    [
      "a mount of its own kind",
      {},
      { mounts: [{ ...MOUNT, type: "tmpfs", options: ["ro"] }] },
      {
        process: { cwd: "/" },
        mounts: [{ ...BOUND, type: "tmpfs", options: ["ro"] }],
      },
    ],
    [
      "mounts, parents first, and one for each place",
      {
        mounts: [
          { destination: "/a/b/c" },
          { destination: "/c", source: "/old" },
          { destination: "/a/b" },
        ],
      },
      { mounts: [MOUNT] },
      {
        process: { cwd: "/" },
        mounts: [BOUND, { destination: "/a/b" }, { destination: "/a/b/c" }],
      },
    ],
    [
      "hooks behind those of their kind",
      { hooks: { prestart: [{ path: "/old" }], poststop: [{ path: "/p" }] } },
      {
        hooks: [
          { hookName: "prestart", ...HOOK },
          { hookName: "createRuntime", ...HOOK },
        ],
      },
      {
        process: { cwd: "/" },
        hooks: {
          prestart: [{ path: "/old" }, HOOK],
          ...{ poststop: [{ path: "/p" }], createRuntime: [HOOK] },
        },
      },
    ],
    [
      "a node, which is the container's user's",
      { process: { cwd: "/", user: { uid: 3, gid: 4 } } },
      { nodes: [NODE] },
      {
        process: { cwd: "/", user: { uid: 3, gid: 4 } },
        linux: {
          devices: [{ ...MADE, uid: 3, gid: 4 }],
          resources: { devices: [RULE] },
        },
      },
    ],
    ["a node where nobody says whose", {}, { nodes: [NODE] }, {
      process: { cwd: "/" },
      linux: {
        devices: [{ ...MADE, uid: 0, gid: 0 }],
        resources: { devices: [RULE] },
      },
    }],
    [
      "a node of an owner, in the place of another",
      {
        process: { cwd: "/", user: { uid: 3, gid: 4 } },
        linux: {
          devices: [{ path: "/dev/x", old: true }, { path: "/dev/y" }],
          resources: { devices: [{ allow: false }], pids: { limit: 1 } },
          namespaces: [],
        },
      },
      { nodes: [{ ...NODE, uid: 8, gid: 0 }] },
      {
        process: { cwd: "/", user: { uid: 3, gid: 4 } },
        linux: {
          devices: [{ path: "/dev/y" }, { ...MADE, uid: 8, gid: 0 }],
          resources: { devices: [{ allow: false }, RULE], pids: { limit: 1 } },
          namespaces: [],
        },
      },
    ],
  ];
  for (const [name, spec, edits, expected] of cases) {
    await t.step(name, () => {
      const given = { ociVersion: "1.0.2", ...spec } as RuntimeSpec;
      assertEquals(applyEdits(given, { ...NOTHING, ...edits }), {
        ...{ ociVersion: "1.0.2", ...expected } as RuntimeSpec,
      });
    });
  }
});
