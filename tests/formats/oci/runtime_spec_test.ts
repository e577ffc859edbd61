import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  formatRuntimeSpec,
  formatSpecPart,
  parseRuntimeSpec,
  withMounts,
  withRoot,
} from "../../../src/formats/oci/runtime_spec.ts";

const MINIMAL = { ociVersion: "1.0.2" };

Deno.test("parseRuntimeSpec() keeps what it does not know", () => {
  const spec = {
    ...MINIMAL,
    root: { path: "rootfs", futureMember: 1 },
    process: { cwd: "/", args: ["sh"], oomScoreAdj: -5, user: { uid: 1 } },
    linux: { resources: { pids: { limit: 5 } }, future: [null] },
    hooks: { poststop: [] },
  };
  const copy = parseRuntimeSpec(JSON.stringify(spec));
  assertEquals(JSON.parse(formatRuntimeSpec(copy)), spec);
});

Deno.test("parseRuntimeSpec() loses no digit of large numbers", () => {
  const text = '{"ociVersion":"1.1.0","linux":{"resources":{"memory":' +
    '{"limit":9223372036854771712,"swap":1.50}}}}';
  const copy = formatRuntimeSpec(withRoot(parseRuntimeSpec(text), "/r"));
  assertEquals(copy.match(/"limit": (.*),/)?.[1], "9223372036854771712");
  assertEquals(copy.match(/"swap": (.*)/)?.[1], "1.50");
});

Deno.test("withRoot() changes the path of the root alone", () => {
  const spec = parseRuntimeSpec(JSON.stringify({
    ...MINIMAL,
    root: { path: "rootfs", readonly: true },
    hostname: "foo",
  }));
  assertEquals(withRoot(spec, "/merged"), {
    ...MINIMAL,
    root: { path: "/merged", readonly: true },
    hostname: "foo",
  });
  assertEquals(spec.root?.path, "rootfs");
  const bare = parseRuntimeSpec(JSON.stringify(MINIMAL));
  assertEquals(withRoot(bare, "/merged").root, { path: "/merged" });
});

Deno.test("parseRuntimeSpec() refuses what a runtime would", async (t) => {
  const table: Record<string, [unknown, string]> = {
    "no object": [[], "an object"],
    "no version": [{}, "ociVersion"],
    "another version": [{ ociVersion: "2.0.0" }, "only 1.x"],
    "a root without path": [{ ...MINIMAL, root: {} }, "root.path"],
    "a process without cwd": [{ ...MINIMAL, process: {} }, "process.cwd"],
    "a relative cwd": [{ ...MINIMAL, process: { cwd: "x" } }, "absolute"],
    "args that are no strings": [
      { ...MINIMAL, process: { cwd: "/", args: ["a", 1] } },
      "process.args[1]",
    ],
    "a variable without a name": [
      { ...MINIMAL, process: { cwd: "/", env: ["=x"] } },
      "process.env[0]: expected NAME=value",
    ],
    "a user ID out of range": [
      { ...MINIMAL, process: { cwd: "/", user: { uid: -1 } } },
      "out of range",
    ],
    "a mount without a destination": [
      { ...MINIMAL, mounts: [{}] },
      "mounts[0].destination",
    ],
    "an annotation that is no string": [
      { ...MINIMAL, annotations: { a: 1 } },
      "annotations",
    ],
    "a namespace without a type": [
      { ...MINIMAL, linux: { namespaces: [{}] } },
      "namespaces[0].type",
    ],
  };
  for (const [name, [value, message]] of Object.entries(table)) {
    await t.step(name, () => {
      const text = JSON.stringify(value);
      assertThrows(() => parseRuntimeSpec(text), SyntaxError, message);
    });
  }
});

Deno.test("parseRuntimeSpec() names what it could not read", () => {
  assertThrows(
    () => parseRuntimeSpec("{", 'template "/x/config.json"'),
    SyntaxError,
    'Cannot read template "/x/config.json": not valid JSON',
  );
});

Deno.test("withMounts() puts mounts behind those that there are", () => {
  const spec = parseRuntimeSpec(JSON.stringify(MINIMAL));
  const [a, b] = [{ destination: "/a" }, { destination: "/b" }];
  assertStrictEquals(withMounts(spec, []), spec);
  const once = withMounts(spec, [a]);
  assertEquals(once, { ...spec, mounts: [a] });
  assertEquals(withMounts(once, [b, a]).mounts, [a, b, a]);
});

Deno.test("formatSpecPart() and formatRuntimeSpec() lose no digit", () => {
  const resources = { memory: { limit: 9_223_372_036_854_775_807n } };
  const text = '{"memory":{"limit":9223372036854775807}}';
  assertEquals(formatSpecPart(resources), text);
  const spec = parseRuntimeSpec(
    JSON.stringify(MINIMAL).replace(/}$/, `,"linux":{"resources":${text}}}`),
  );
  const formatted = formatRuntimeSpec(spec);
  assert(formatted.includes('"limit": 9223372036854775807\n'), formatted);
  assert(formatted.endsWith("\n}\n"), formatted);
});
