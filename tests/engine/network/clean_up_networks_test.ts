import { assertEquals } from "@std/assert";
import { cleanUpNetworks } from "../../../src/engine/network/clean_up_networks.ts";
import {
  type FakePlugins,
  fakePlugins,
} from "../../support/nodes/fake_plugins.ts";
import { needs } from "../../support/peers.ts";

// What others could change is not run: a folder of root's own is needed.
const NEEDED = needs("root", "timeout", "flock");

function describeTwo(plugins: FakePlugins, cniVersion = "1.0.0"): void {
  plugins.describe("10-a.conflist", {
    cniVersion,
    name: "front",
    plugins: [
      { type: "first", mtu: 1400 },
      { type: "second", capabilities: { portMappings: true } },
    ],
  });
}

Deno.test("cleanUpNetworks() tells plugins of 1.1.0 what is in use", {
  ...NEEDED,
}, async () => {
  using plugins = fakePlugins();
  plugins.add("first", "exit 1");
  plugins.add("second");
  describeTwo(plugins, "1.1.0");
  const used = [
    { network: "front", containerID: "a", ifname: "eth0" },
    { network: "back", containerID: "b", ifname: "eth1" },
  ];
  const problems: string[] = [];
  await cleanUpNetworks(used, plugins.settings, {
    onProblem: (message) => problems.push(message),
  });
  assertEquals(problems.length, 1);
  for (const { verb, input } of plugins.listCalls()) {
    assertEquals(verb, "GC");
    const valid = input["cni.dev/valid-attachments"];
    assertEquals(valid, [{ containerID: "a", ifname: "eth0" }]);
  }
  assertEquals(plugins.listCalls().length, 2);
  describeTwo(plugins);
  await cleanUpNetworks([], plugins.settings, { onProblem() {} });
  assertEquals(plugins.listCalls().length, 2);
});

Deno.test("cleanUpNetworks() tells plugins what is in use", async (t) => {
  using plugins = fakePlugins();
  const { settings } = plugins;
  const used = [
    { network: "net", containerID: "a", ifname: "eth0" },
    { network: "other", containerID: "b", ifname: "eth1" },
  ];
  const tidy = async (network: Record<string, unknown>) => {
    const before = plugins.listCalls().length;
    const problems: string[] = [];
    plugins.describe("10-net.conflist", {
      ...{ name: "net", plugins: [{ type: "foo" }], ...network },
    });
    await cleanUpNetworks(used, settings, {
      onProblem: (message) => problems.push(message),
    });
    return { problems, calls: plugins.listCalls().slice(before) };
  };
  plugins.add("foo");
  await t.step("of that network", async () => {
    const { problems, calls } = await tidy({ cniVersion: "1.1.0" });
    assertEquals(problems, []);
    const [call] = calls;
    assertEquals([calls.length, call?.verb], [1, "GC"]);
    assertEquals(call?.input["cni.dev/valid-attachments"], [
      { containerID: "a", ifname: "eth0" },
    ]);
  });
  await t.step("none that cannot, or are not to", async () => {
    assertEquals((await tidy({ cniVersion: "1.0.0" })).calls, []);
    const without = { cniVersion: "1.1.0", disableGC: true };
    assertEquals((await tidy(without)).calls, []);
  });
  await t.step("what fails is told", async () => {
    plugins.add("foo", "echo no >&2; exit 1");
    const { problems } = await tidy({ cniVersion: "1.1.0" });
    assertEquals(problems, [
      'Cannot tidy up network "net": plugin "foo" says: no',
    ]);
  });
});

Deno.test("cleanUpNetworks() does nothing where there is no network", async () => {
  using plugins = fakePlugins();
  plugins.add("foo");
  const problems: string[] = [];
  const onProblem = (message: string) => void problems.push(message);
  await cleanUpNetworks([], plugins.settings, { onProblem });
  await cleanUpNetworks([], { ...plugins.settings, names: ["none"] }, {
    onProblem,
  });
  assertEquals([problems, plugins.listCalls()], [[], []]);
  plugins.describe("10-net.conflist", {
    ...{ cniVersion: "1.1.0", name: "net", plugins: [{ type: "foo" }] },
  });
  const signal = AbortSignal.abort("enough");
  const error = await cleanUpNetworks([], plugins.settings, {
    ...{ onProblem, signal },
  }).catch((error) => error);
  assertEquals([error, problems], ["enough", []]);
});
