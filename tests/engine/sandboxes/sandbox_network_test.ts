import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { SandboxRequest } from "../../../src/engine/sandboxes/sandbox.ts";
import {
  addressesIn,
  chooseNetworks,
  joinNetworks,
  leaveNetworks,
} from "../../../src/engine/sandboxes/sandbox_network.ts";
import { NetworkError } from "../../../src/errors/network_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import {
  type FakePlugins,
  fakePlugins,
} from "../../support/nodes/fake_plugins.ts";
import { needs } from "../../support/peers.ts";
import { sandboxRequest } from "../../support/sandboxes.ts";

// What others could change is not run: a folder of root's own is needed.
const NEEDED = needs("root", "timeout", "flock");
const ID = parseContainerId("a".repeat(64));
const CAPABILITIES = { portMappings: true, bandwidth: true, dns: true };

/** Describes networks of one plugin each, which has the network's name. */
function describe(plugins: FakePlugins, ...names: string[]): void {
  for (const [index, name] of names.entries()) {
    plugins.describe(`${index}.conflist`, {
      ...{ cniVersion: "1.0.0", name },
      plugins: [{ type: name, capabilities: CAPABILITIES }],
    });
  }
}

function answer(...ips: string[]): string {
  const result = {
    cniVersion: "1.0.0",
    ips: ips.map((address) => ({ address })),
  };
  return `printf '${JSON.stringify(result)}'`;
}

function requestIn(
  { settings }: FakePlugins,
  changes: Partial<SandboxRequest> = {},
): SandboxRequest {
  const networks = { ...settings, names: ["front", "back"] };
  return { ...sandboxRequest("web"), networks, ...changes };
}

Deno.test("chooseNetworks() numbers the interfaces", NEEDED, () => {
  using plugins = fakePlugins();
  describe(plugins, "back", "front");
  const request = requestIn(plugins);
  const chosen = chooseNetworks(request);
  assertEquals(
    chosen.map(({ interfaceName, list, text, result }) => [
      ...[interfaceName, list.name, JSON.parse(text).name, result],
    ]),
    [["eth0", "front", "front", undefined], [
      "eth1",
      "back",
      "back",
      undefined,
    ]],
  );
  const { settings: networks } = plugins;
  const first = chooseNetworks({ ...request, networks });
  assertEquals(first.map(({ list }) => list.name), ["back"]);
  const node = { ...request.namespaces, network: "node" } as const;
  assertEquals(chooseNetworks({ ...request, namespaces: node }), []);
  const names = ["front", "none"];
  assertThrows(
    () => chooseNetworks({ ...request, networks: { ...networks, names } }),
    NetworkError,
  );
});

Deno.test("joinNetworks() tells each plugin of the pod", NEEDED, async () => {
  using plugins = fakePlugins();
  describe(plugins, "front", "back");
  plugins.add("front", answer("10.0.0.2/24", "fd00::2/64"));
  plugins.add("back", answer("10.0.1.2/24"));
  const request = requestIn(plugins, {
    metadata: { name: "web-1", namespace: "shop", uid: "u", attempt: 3 },
    ports: [
      { protocol: "tcp", hostPort: 80, containerPort: 8080 },
      { protocol: "udp", hostPort: 0, containerPort: 53 },
      { protocol: "tcp", hostPort: 1, containerPort: 2, hostIp: "10.1.1.1" },
      { protocol: "sctp", hostPort: 3, containerPort: 4, hostIp: "" },
    ],
    dns: { servers: ["10.9.9.9"], searches: ["a"], options: ["edns0"] },
    annotations: { "kubernetes.io/ingress-bandwidth": "1M" },
  });
  const lock = plugins.dir.join("lock");
  await Deno.writeTextFile(lock, "");
  const networks = chooseNetworks(request);
  const joined = await joinNetworks(ID, { request, networks }, {
    ...{ namespace: "/run/net", lock },
  });
  assertEquals(
    joined.map(({ result, ...network }) => [network, result?.ips]),
    networks.map(({ result: _result, ...network }, index) => [
      network,
      index === 0 ? ["10.0.0.2", "fd00::2"] : ["10.0.1.2"],
    ]),
  );
  assertEquals(addressesIn(joined), ["10.0.0.2", "fd00::2", "10.0.1.2"]);
  assertEquals(addressesIn(networks), []);
  const common = {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: ID,
    CNI_NETNS: "/run/net",
    CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-1;" +
      `K8S_POD_INFRA_CONTAINER_ID=${ID};K8S_POD_UID=u`,
    CNI_PATH: plugins.settings.pluginDirectories.join(":"),
  };
  const runtimeConfig = {
    portMappings: [
      { protocol: "tcp", hostPort: 80, containerPort: 8080 },
      { protocol: "tcp", hostPort: 1, containerPort: 2, hostIP: "10.1.1.1" },
      { protocol: "sctp", hostPort: 3, containerPort: 4 },
    ],
    bandwidth: { ingressRate: 1_000_000, ingressBurst: 4_294_967_294 },
    dns: request.dns,
  };
  assertEquals(
    plugins.listCalls().map(({ type, env, input }) => [
      ...[type, env, input["runtimeConfig"]],
    ]),
    [
      ["front", { ...common, CNI_IFNAME: "eth0" }, runtimeConfig],
      ["back", { ...common, CNI_IFNAME: "eth1" }, runtimeConfig],
    ],
  );
});

Deno.test(
  "joinNetworks() tells nothing that a pod has not",
  NEEDED,
  async () => {
    using plugins = fakePlugins();
    describe(plugins, "front");
    plugins.add("front", answer());
    const request = requestIn(plugins, {
      metadata: { name: "web", namespace: "", uid: "u", attempt: 0 },
      networks: plugins.settings,
      ports: [{ protocol: "udp", hostPort: 0, containerPort: 53 }],
      // Of a sandbox that an earlier version made: it has to be removable.
      annotations: { "kubernetes.io/egress-bandwidth": "much" },
    });
    const lock = plugins.dir.join("lock");
    const networks = chooseNetworks(request);
    await joinNetworks(ID, { request, networks }, { namespace: "/n", lock });
    const [call, ...others] = plugins.listCalls();
    assertEquals(others, []);
    assertEquals(call?.env["CNI_ARGS"], "IgnoreUnknown=1");
    assertEquals(call?.input["runtimeConfig"], undefined);
  },
);

Deno.test(
  "joinNetworks() goes no further than one that fails",
  NEEDED,
  async () => {
    using plugins = fakePlugins();
    describe(plugins, "front", "back");
    plugins.add("front", "echo full >&2; exit 1");
    plugins.add("back", answer());
    const request = requestIn(plugins);
    const networks = chooseNetworks(request);
    const places = { namespace: "/n", lock: plugins.dir.join("lock") };
    await assertRejects(
      () => joinNetworks(ID, { request, networks }, places),
      NetworkError,
      'Cannot join network "front": plugin "front" says: full',
    );
    assertEquals(plugins.listCalls().map(({ type }) => type), ["front"]);
    const signal = AbortSignal.abort("enough");
    const error = await joinNetworks(ID, { request, networks }, {
      ...{ ...places, signal },
    }).catch((error) => error);
    assertEquals([error, plugins.listCalls().length], ["enough", 1]);
  },
);

Deno.test(
  "leaveNetworks() leaves the last one first, with its result",
  NEEDED,
  async (t) => {
    using plugins = fakePlugins();
    describe(plugins, "front", "back");
    plugins.add("front", answer("10.0.0.2/24"));
    plugins.add("back", answer("10.0.1.2/24"));
    const request = requestIn(plugins);
    const lock = plugins.dir.join("lock");
    const networks = chooseNetworks(request);
    const places = { namespace: "/n", lock };
    const joined = await joinNetworks(ID, { request, networks }, places);
    const leave = async (
      networks: typeof joined,
      options: Parameters<typeof leaveNetworks>[2],
    ) => {
      const before = plugins.listCalls().length;
      const error = await leaveNetworks(ID, { request, networks }, options)
        .catch((error) => error);
      const calls = plugins.listCalls().slice(before)
        .map(({ verb, type, env, input }) => [
          ...[verb, type, env["CNI_IFNAME"], env["CNI_NETNS"]],
          input["prevResult"],
        ]);
      return { calls, error };
    };
    const [front, back] = joined.map(({ result }) => ({ ...result?.raw }));
    await t.step("in its namespace", async () => {
      const { calls, error } = await leave(joined, places);
      assertEquals(error, undefined);
      assertEquals(calls, [
        ["DEL", "back", "eth1", "/n", back],
        ["DEL", "front", "eth0", "/n", front],
      ]);
    });
    await t.step("without any, and without results", async () => {
      const { calls, error } = await leave(networks, {
        ...{ namespace: undefined, lock: undefined },
      });
      assertEquals(error, undefined);
      assertEquals(calls, [
        ["DEL", "back", "eth1", "", undefined],
        ["DEL", "front", "eth0", "", undefined],
      ]);
    });
    await t.step("not when it is aborted", async () => {
      const signal = AbortSignal.abort("enough");
      const { calls, error } = await leave(joined, { ...places, signal });
      assertEquals([calls, error], [[], "enough"]);
    });
    await t.step("all, even if some fail", async () => {
      plugins.add("back", "echo one >&2; exit 1");
      plugins.add("front", "echo two >&2; exit 1");
      const { calls, error } = await leave(joined, places);
      assertEquals(calls.map(([, type]) => type), ["back", "front"]);
      assertEquals(
        error.message,
        'Cannot leave network "back": plugin "back" says: one',
      );
    });
  },
);

Deno.test(
  "joinNetworks() and leaveNetworks() hold the lock meanwhile",
  NEEDED,
  async () => {
    using plugins = fakePlugins();
    describe(plugins, "front");
    const lock = plugins.dir.join("lock");
    const told = plugins.dir.join("told");
    plugins.add(
      "front",
      `flock --nonblock --exclusive ${lock} true && echo free >>${told} || ` +
        `echo held >>${told}; ${answer()}`,
    );
    const request = requestIn(plugins, { networks: plugins.settings });
    const networks = chooseNetworks(request);
    const places = { namespace: "/n", lock };
    await joinNetworks(ID, { request, networks }, places);
    await leaveNetworks(ID, { request, networks }, places);
    await leaveNetworks(ID, { request, networks }, {
      ...{ ...places, lock: undefined },
    });
    assertEquals(await Deno.readTextFile(told), "held\nheld\nfree\n");
  },
);
