import { assert, assertThrows } from "@std/assert";
import { checkRuntimeSpec } from "../../../src/formats/oci/check_runtime_spec.ts";

const SPEC = { ociVersion: "1.1.0" };
const GOOD = {
  ...SPEC,
  root: { path: "rootfs", readonly: true },
  hostname: "h",
  process: {
    terminal: false,
    user: { uid: 0, gid: 2 ** 32 - 1, umask: 18, additionalGids: [0, 7] },
    args: ["a"],
    env: ["A=", "B=b=c"],
    cwd: "/",
  },
  mounts: [
    { destination: "proc" },
    { destination: "/p", type: "proc", source: "proc", options: ["ro"] },
  ],
  annotations: { a: "b" },
  linux: {
    cgroupsPath: "/c",
    namespaces: [{ type: "pid" }, { type: "network", path: "/n" }],
  },
};
// A value that fits no member, and the words of whoever expected another.
const WRONG: readonly (readonly [path: string, value: unknown, why: string])[] =
  [
    ["ociVersion", 1, "ociVersion: expected a string"],
    ["ociVersion", "1.0", 'version "1.0" is not supported'],
    ["ociVersion", "11.0.0", 'version "11.0.0" is not supported'],
    ["ociVersion", "v1.0.0", 'version "v1.0.0" is not supported'],
    ["root", [], "root: expected an object"],
    ["root.path", 1, "root.path: expected a string"],
    ["root.readonly", 1, "root.readonly: expected true or false"],
    ["hostname", 1, "hostname: expected a string"],
    ["process", "x", "process: expected an object"],
    ["process.terminal", "x", "process.terminal: expected true or false"],
    ["process.cwd", "a", 'process.cwd: expected an absolute path, got "a"'],
    ["process.user", "0", "process.user: expected an object"],
    ["process.user.uid", 2 ** 32, "process.user.uid: 4294967296 is out of"],
    ["process.user.gid", -1, "process.user.gid: -1 is out of range"],
    ["process.user.umask", 1.5, "process.user.umask: expected an integer"],
    ["process.user.additionalGids", 0, "additionalGids: expected an array"],
    ["process.user.additionalGids.1", -1, "additionalGids[1]: -1 is out of"],
    ["process.args", "a", "process.args: expected an array"],
    ["process.args.0", 1, "process.args[0]: expected a string"],
    ["process.env", "A=", "process.env: expected an array"],
    ["process.env.1", "=b", 'process.env[1]: expected NAME=value, got "=b"'],
    ["process.env.1", "b", 'process.env[1]: expected NAME=value, got "b"'],
    ["process.env.0", 1, "process.env[0]: expected a string"],
    ["mounts", {}, "mounts: expected an array"],
    ["mounts.0", "x", "mounts[0]: expected an object"],
    ["mounts.0.destination", 1, "mounts[0].destination: expected a string"],
    ["mounts.1.type", 1, "mounts[1].type: expected a string"],
    ["mounts.1.source", 1, "mounts[1].source: expected a string"],
    ["mounts.1.options", "ro", "mounts[1].options: expected an array"],
    ["mounts.1.options.0", 1, "mounts[1].options[0]: expected a string"],
    ["annotations", [], "annotations: expected an object"],
    ["annotations.a", 1, 'annotations["a"]: expected a string'],
    ["linux", [], "linux: expected an object"],
    ["linux.cgroupsPath", 1, "linux.cgroupsPath: expected a string"],
    ["linux.namespaces", {}, "linux.namespaces: expected an array"],
    ["linux.namespaces.0", "pid", "namespaces[0]: expected an object"],
    ["linux.namespaces.0.type", 1, "namespaces[0].type: expected a string"],
    ["linux.namespaces.1.path", 1, "namespaces[1].path: expected a string"],
  ];
const REQUIRED = new Set([
  ...["ociVersion", "root.path", "process.cwd", "mounts.0.destination"],
  ...["linux.namespaces.0.type", "annotations.a"],
]);

Deno.test("checkRuntimeSpec() takes all that is as specified", () => {
  checkRuntimeSpec(GOOD, "spec");
  checkRuntimeSpec(SPEC, "spec");
  checkRuntimeSpec({ ociVersion: "1.2.3-dev", future: 1 }, "spec");
});

Deno.test("checkRuntimeSpec() refuses each member that is not", async (t) => {
  for (const [path, value, why] of WRONG) {
    await t.step(`${path} ${JSON.stringify(value)}`, () => {
      const spec = withMember(path, value);
      const error = assertThrows(
        () => checkRuntimeSpec(spec, "spec"),
        SyntaxError,
        why,
      );
      assert(error.message.startsWith("Cannot read spec"));
    });
  }
});

Deno.test("checkRuntimeSpec() misses only what is required", async (t) => {
  for (const [path] of WRONG.filter(([path]) => !/\.\d$/.test(path))) {
    await t.step(path, () => {
      const spec = withMember(path, undefined);
      const check = () => checkRuntimeSpec(spec, "spec");
      if (REQUIRED.has(path)) assertThrows(check, SyntaxError, "got nothing");
      else check();
    });
  }
});

function withMember(path: string, value: unknown): Record<string, unknown> {
  const spec = structuredClone(GOOD) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let place = spec;
  for (const key of keys) place = place[key] as Record<string, unknown>;
  place[last] = value;
  return spec;
}
