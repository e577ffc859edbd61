import { assert, assertEquals, assertMatch } from "@std/assert";
import { networkStatus } from "../../../src/engine/network/network_status.ts";
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

Deno.test("networkStatus() reports whether pods can have a network", {
  ...NEEDED,
}, async (t) => {
  using plugins = fakePlugins();
  const { settings } = plugins;
  const look = () => networkStatus(settings);
  await t.step("none is described", async () => {
    const { isReady, message } = await look();
    assert(!isReady);
    assertMatch(message, /^Cannot find a network: ".*" describes none/);
  });
  await t.step("a plugin is missing", async () => {
    describeTwo(plugins);
    plugins.add("first");
    const { isReady, message } = await look();
    assert(!isReady);
    assertMatch(message, /^Cannot run network plugin "second": it is not in/);
  });
  await t.step("all is there", async () => {
    plugins.add("second");
    assertEquals(await look(), {
      isReady: true,
      message: "",
      names: ["front"],
    });
    assertEquals(plugins.listCalls(), []);
  });
  await t.step("a plugin reports that it is not ready", async () => {
    plugins.add("second", `echo '{"code":50,"msg":"no daemon"}'; exit 1`);
    describeTwo(plugins, "1.1.0");
    const { isReady, message } = await look();
    assert(!isReady);
    assertMatch(message, /plugin "second" says: no daemon$/);
    const verbs = plugins.listCalls().map(({ verb }) => verb);
    assertEquals(verbs, ["STATUS", "STATUS"]);
  });
});

Deno.test("networkStatus() asks plugins that can tell", async (t) => {
  using plugins = fakePlugins();
  const { settings } = plugins;
  const describe = (cniVersion: string, ...types: string[]) =>
    plugins.describe("10-net.conflist", {
      ...{ cniVersion, name: "net" },
      plugins: types.map((type) => ({ type })),
    });
  const ready = { isReady: true, message: "", names: ["net"] };
  const asked = () => plugins.listCalls().map(({ verb }) => verb);
  plugins.add("foo");
  await t.step("not older ones", async () => {
    describe("1.0.0", "foo");
    assertEquals(await networkStatus(settings), ready);
    assertEquals(asked(), []);
  });
  await t.step("all of newer ones", async () => {
    describe("1.1.0", "foo", "foo");
    assertEquals(await networkStatus(settings), ready);
    assertEquals(asked(), ["STATUS", "STATUS"]);
  });
  await t.step("one that is not installed", async () => {
    describe("1.0.0", "bar");
    const { isReady, message, names } = await networkStatus(settings);
    assertEquals([isReady, names], [false, []]);
    assert(message.startsWith('Cannot run network plugin "bar"'), message);
  });
  await t.step("one that is not ready", async () => {
    plugins.add("foo", `printf '{"code":50,"msg":"wait"}'; exit 1`);
    describe("1.1.0", "foo");
    assertEquals(await networkStatus(settings), {
      ...{ isReady: false, names: [] },
      message: 'Cannot use network "net": plugin "foo" says: wait',
    });
  });
});
