import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { findNetworks } from "../../../src/engine/network/find_networks.ts";
import {
  type Attachment,
  checkNetwork,
  joinNetwork,
  leaveNetwork,
} from "../../../src/engine/network/join_network.ts";
import { NetworkError } from "../../../src/errors/network_errors.ts";
import {
  type FakePlugins,
  fakePlugins,
} from "../../support/nodes/fake_plugins.ts";
import { needs } from "../../support/peers.ts";

// What others could change is not run: a folder of root's own is needed.
const NEEDED = needs("root", "timeout", "flock");

const PORTS = [{ hostPort: 80, containerPort: 8080, protocol: "tcp" as const }];

function attachmentIn(plugins: FakePlugins): Attachment {
  const [network] = findNetworks(plugins.settings);
  assert(network !== undefined);
  return {
    list: network.list,
    id: "pod-1",
    interfaceName: "eth0",
    namespace: "/some/where",
    args: { K8S_POD_NAME: "web" },
    capabilities: { portMappings: PORTS },
  };
}

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

Deno.test("joinNetwork() runs plugins in order, each with what came before", {
  ...NEEDED,
}, async () => {
  using plugins = fakePlugins();
  const result = '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.5/24"}]}';
  plugins.add("first", `printf '${result}'`);
  plugins.add("second", `printf '${result}'`);
  describeTwo(plugins);
  const attachment = attachmentIn(plugins);
  const { ips, raw } = await joinNetwork(attachment, plugins.settings);
  assertEquals(ips, ["10.0.0.5"]);
  const [first, second, ...others] = plugins.listCalls();
  assertEquals(others, []);
  const { settings } = plugins;
  assertEquals(first, {
    type: "first",
    verb: "ADD",
    input: { cniVersion: "1.0.0", name: "front", type: "first", mtu: 1400 },
    env: {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "pod-1",
      CNI_NETNS: "/some/where",
      CNI_IFNAME: "eth0",
      CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAME=web",
      CNI_PATH: settings.pluginDirectories.join(":"),
    },
  });
  assertEquals(second?.input, {
    cniVersion: "1.0.0",
    name: "front",
    type: "second",
    runtimeConfig: { portMappings: PORTS },
    prevResult: JSON.parse(result),
  });

  await checkNetwork(attachment, settings, { prevResult: raw });
  await leaveNetwork({ ...attachment, namespace: undefined }, settings, {
    prevResult: raw,
  });
  const later = plugins.listCalls().slice(2);
  assertEquals(later.map(({ verb, type }) => `${verb} ${type}`), [
    ...["CHECK first", "CHECK second", "DEL second", "DEL first"],
  ]);
  for (const { input } of later) {
    assertEquals(input["prevResult"], JSON.parse(result));
  }
  assertEquals(later.at(-1)?.env["CNI_NETNS"], "");
});

Deno.test(
  "joinNetwork() leaves portmap out where a pod has no ports of the host",
  { ...NEEDED },
  async (t) => {
    const portmap = { type: "portmap", capabilities: { portMappings: true } };
    const own = { ...portmap, runtimeConfig: { portMappings: PORTS } };
    const cases: [string, unknown[], boolean, string[]][] = [
      ["none", [{ type: "first" }, portmap], false, ["first"]],
      ["ports", [{ type: "first" }, portmap], true, ["first", "portmap"]],
      ["its own", [{ type: "first" }, own], false, ["first", "portmap"]],
      ["alone", [portmap], false, ["portmap"]],
    ];
    for (const [name, list, hasPorts, called] of cases) {
      await t.step(name, async () => {
        using plugins = fakePlugins();
        for (const type of ["first", "portmap"]) plugins.add(type);
        const network = { cniVersion: "1.0.0", name: "front", plugins: list };
        plugins.describe("10-a.conflist", network);
        const { settings } = plugins;
        const attachment = {
          ...attachmentIn(plugins),
          capabilities: hasPorts ? { portMappings: PORTS } : {},
        };
        await joinNetwork(attachment, settings);
        await checkNetwork(attachment, settings, { prevResult: {} });
        await leaveNetwork(attachment, settings);
        assertEquals(
          plugins.listCalls().map(({ verb, type }) => `${verb} ${type}`),
          [
            ...called.map((type) => `ADD ${type}`),
            ...called.map((type) => `CHECK ${type}`),
            ...called.toReversed().map((type) => `DEL ${type}`),
          ],
        );
      });
    }
  },
);

Deno.test("leaveNetwork() calls all plugins, and tells the first failure", {
  ...NEEDED,
}, async () => {
  using plugins = fakePlugins();
  plugins.add("first", "echo no >&2; exit 3");
  plugins.add("second", `echo '{"code":100,"msg":"busy"}'; exit 1`);
  describeTwo(plugins);
  await assertRejects(
    () => leaveNetwork(attachmentIn(plugins), plugins.settings),
    NetworkError,
    'Cannot leave network "front": plugin "second" says: busy',
  );
  assertEquals(plugins.listCalls().length, 2);
});

Deno.test(
  "joinNetwork() reports what a plugin did wrong",
  { ...NEEDED },
  async (t) => {
    const cases: [string, string, RegExp, string][] = [
      [
        "an error of CNI's",
        `echo '{"code":11,"msg":"later"}'; exit 1`,
        /says: later$/,
        "unavailable",
      ],
      ["words", "echo panic >&2; exit 2", /says: panic$/, "internal"],
      ["nothing", "exit 4", /says: exit code 4$/, "internal"],
      ["no result", "true", /not valid JSON$/, "internal"],
      ["another", "echo '[]'", /expected an object/, "internal"],
      [
        "no address",
        `echo '{"ips":[{"address":"x"}]}'`,
        /"x" is no address/,
        "internal",
      ],
    ];
    for (const [name, script, message, category] of cases) {
      await t.step(name, async () => {
        using plugins = fakePlugins();
        plugins.add("first", script);
        plugins.add("second");
        describeTwo(plugins);
        const error = await assertRejects(
          () => joinNetwork(attachmentIn(plugins), plugins.settings),
          NetworkError,
        );
        assertMatch(error.message, message);
        assertEquals([error.category, error.plugin], [category, "first"]);
        assertEquals(plugins.listCalls().length, 1);
      });
    }
  },
);

Deno.test(
  "joinNetwork() ends a plugin that takes too long, also one that will not",
  {
    ...NEEDED,
  },
  async () => {
    using plugins = fakePlugins();
    plugins.add("first", "trap '' TERM; sleep 9; sleep 9");
    plugins.add("second");
    describeTwo(plugins);
    const settings = { ...plugins.settings, timeoutMs: 300 };
    const startMs = performance.now();
    const error = await assertRejects(
      () => joinNetwork(attachmentIn(plugins), settings),
      NetworkError,
      "it did not end within 0.3 s",
    );
    assertEquals(error.category, "unavailable");
    assert(performance.now() - startMs < 10_000);
  },
);

Deno.test("joinNetwork() runs no plugin that others could change", {
  ...NEEDED,
}, async () => {
  using plugins = fakePlugins();
  plugins.add("first");
  describeTwo(plugins);
  await Deno.chmod(plugins.dir.join("bin/first"), 0o777);
  await assertRejects(
    () => joinNetwork(attachmentIn(plugins), plugins.settings),
    NetworkError,
    'Cannot run network plugin "first"',
  );
  assertEquals(plugins.listCalls(), []);
});
