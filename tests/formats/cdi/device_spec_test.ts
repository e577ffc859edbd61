import { assertEquals, assertThrows } from "@std/assert";
import { parseDeviceSpec } from "../../../src/formats/cdi/device_spec.ts";

const NOTHING = { env: [], nodes: [], mounts: [], hooks: [], groups: [] };

function parse(changes: Record<string, unknown>) {
  const text = JSON.stringify({
    cdiVersion: "0.6.0",
    kind: "a.b/c",
    devices: [],
    ...changes,
  });
  return parseDeviceSpec(text, "it");
}

function parseEdits(containerEdits: unknown) {
  return parse({ containerEdits }).edits;
}

Deno.test("parseDeviceSpec() reads what devices want", () => {
  const edits = {
    env: ["A=b=c"],
    deviceNodes: [{ path: "/dev/a" }, {
      path: "/dev/b",
      hostPath: "/dev/c",
      permissions: "r",
      fileMode: 384,
      uid: 1,
      gid: 2,
      type: "c",
    }],
    mounts: [{ hostPath: "/h", containerPath: "/c", options: ["ro"] }],
    hooks: [{ hookName: "createRuntime", path: "/bin/x", args: ["x", "y"] }],
    additionalGids: [5],
  };
  const spec = parse({
    devices: [{ name: "0", annotations: {}, containerEdits: edits }],
  });
  assertEquals([spec.kind, spec.edits], ["a.b/c", NOTHING]);
  const { nodes, mounts, hooks, ...others } = spec.devices.get("0") ?? NOTHING;
  assertEquals<unknown>(others, { env: ["A=b=c"], groups: [5] });
  assertEquals<unknown>(JSON.parse(JSON.stringify(nodes)), [
    { path: "/dev/a", hostPath: "/dev/a", permissions: "rwm" },
    {
      ...{ path: "/dev/b", hostPath: "/dev/c", permissions: "r" },
      ...{ fileMode: 384, uid: 1, gid: 2 },
    },
  ]);
  assertEquals<unknown>(JSON.parse(JSON.stringify({ mounts, hooks })), {
    mounts: [{ hostPath: "/h", containerPath: "/c", options: ["ro"] }],
    hooks: [{ hookName: "createRuntime", path: "/bin/x", args: ["x", "y"] }],
  });
});

Deno.test("parseDeviceSpec() refuses what it does not know", async (t) => {
  const device = { name: "a", containerEdits: {} };
  const table: [string, Record<string, unknown>][] = [
    ['version "2.0.0" is not known', { cdiVersion: "2.0.0" }],
    ["cdiVersion", { cdiVersion: 1 }],
    ['"gpu" is no kind', { kind: "gpu" }],
    ["devices", { devices: {} }],
    ['"a" is there twice', { devices: [device, device] }],
    ['"a b" is no device', { devices: [{ ...device, name: "a b" }] }],
    ["containerEdits", { devices: [{ name: "a" }] }],
  ];
  const edits: [string, unknown][] = [
    ["containerEdits.netDevices is not supported", { netDevices: [] }],
    ['"=b" is malformed', { env: ["=b"] }],
    ['"dev/a" is malformed', { deviceNodes: [{ path: "dev/a" }] }],
    ['"x" is malformed', { deviceNodes: [{ path: "/a", permissions: "x" }] }],
    ["out of range", { deviceNodes: [{ path: "/a", uid: -1 }] }],
    ["hostPath", { mounts: [{ containerPath: "/c" }] }],
    ['no hook "boot"', { hooks: [{ hookName: "boot", path: "/x" }] }],
    ['"x" is malformed', { hooks: [{ hookName: "poststop", path: "x" }] }],
    ["out of range", { additionalGids: [2 ** 32] }],
  ];
  for (const [message, changes] of table) {
    await t.step(message, () => {
      assertThrows(() => parse(changes), SyntaxError, message);
    });
  }
  for (const [message, containerEdits] of edits) {
    await t.step(JSON.stringify(containerEdits), () => {
      assertThrows(() => parseEdits(containerEdits), SyntaxError, message);
    });
  }
});
