import { assertEquals, assertThrows } from "@std/assert";
import { parseNetworkList } from "../../../src/formats/cni/network_list.ts";

const BRIDGE = { type: "bridge", bridge: "foo0" };

function parse(value: unknown) {
  return parseNetworkList(JSON.stringify(value), '"10-foo.conflist"');
}

Deno.test("parseNetworkList() reads a list of plugins", () => {
  const portmap = { type: "portmap", capabilities: { portMappings: true } };
  const list = parse({
    cniVersion: "1.0.0",
    name: "foo",
    disableCheck: true,
    plugins: [BRIDGE, portmap],
  });
  assertEquals(list, {
    name: "foo",
    cniVersion: "1.0.0",
    disableCheck: true,
    disableGc: false,
    plugins: [
      { type: "bridge", capabilities: new Set<string>(), settings: BRIDGE },
      {
        type: "portmap",
        capabilities: new Set(["portMappings"]),
        settings: portmap,
      },
    ],
  });
});

Deno.test("parseNetworkList() reads a single plugin", () => {
  const { name, plugins } = parse({
    cniVersion: "0.3.1",
    name: "foo",
    ...BRIDGE,
  });
  assertEquals(name, "foo");
  assertEquals(plugins.map(({ type }) => type), ["bridge"]);
});

Deno.test("parseNetworkList() takes the newest version that is known", async (t) => {
  const cases: [string, unknown, string][] = [
    ["the only one", { cniVersion: "0.4.0" }, "0.4.0"],
    ["of several", { cniVersions: ["0.3.1", "1.1.0", "1.0.0"] }, "1.1.0"],
    [
      "not one of the future",
      { cniVersion: "1.0.0", cniVersions: ["2.0.0"] },
      "1.0.0",
    ],
  ];
  for (const [name, versions, expected] of cases) {
    await t.step(name, () => {
      const object = Object.assign(
        { name: "foo", plugins: [BRIDGE] },
        versions,
      );
      assertEquals(parse(object).cniVersion, expected);
    });
  }
});

Deno.test("parseNetworkList() keeps numbers of settings as they are written", () => {
  const text = '{"cniVersion":"1.0.0","name":"foo","plugins":[' +
    '{"type":"foo","big":18446744073709551615}]}';
  const [plugin] = parseNetworkList(text, "it").plugins;
  assertEquals(
    JSON.stringify(plugin?.settings),
    '{"type":"foo","big":18446744073709551615}',
  );
});

Deno.test("parseNetworkList() refuses what is malformed", async (t) => {
  const good = { cniVersion: "1.0.0", name: "foo", plugins: [BRIDGE] };
  const cases: [string, unknown, string][] = [
    ["no object", [], "expected an object"],
    ["no plugins", { ...good, plugins: [] }, "it names no plugin"],
    ["plugins of another kind", { ...good, plugins: {} }, "expected an array"],
    ["no name", { ...good, name: undefined }, "expected a string"],
    ["a path as name", { ...good, name: "../foo" }, '"../foo" is not the name'],
    ["no version", { ...good, cniVersion: undefined }, "got none"],
    ["an old version", { ...good, cniVersion: "0.2.0" }, 'got "0.2.0"'],
    [
      "a path as type",
      { ...good, plugins: [{ type: "../../bin/sh" }] },
      '"../../bin/sh" is not the name of a plugin',
    ],
    [
      "another key in other case",
      { ...good, Plugins: [] },
      'key "Plugins" looks like "plugins"',
    ],
    [
      "a capability of another kind",
      { ...good, plugins: [{ type: "a", capabilities: { ips: 1 } }] },
      "expected true or false",
    ],
  ];
  for (const [name, value, message] of cases) {
    await t.step(name, () => {
      assertThrows(
        () => parse(value),
        SyntaxError,
        `Cannot read "10-foo.conflist"`,
      );
      assertThrows(() => parse(value), SyntaxError, message);
    });
  }
});
