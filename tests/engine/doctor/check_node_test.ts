import { assertEquals, assertMatch } from "@std/assert";
import { nodeChecks } from "../../../src/engine/doctor/check_node.ts";
import type {
  ExamineOptions,
  NodeSettings,
} from "../../../src/engine/doctor/examine_options.ts";
import { findProgram } from "../../../src/process/find_program.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import {
  type FakePlugins,
  fakePlugins,
} from "../../support/nodes/fake_plugins.ts";
import { needs } from "../../support/peers.ts";

const OPTIONS: ExamineOptions = {
  ...{ root: "/none/root", runRoot: "/none/run", libc: undefined, env: {} },
};
const NODE: NodeSettings = {
  isServed: true,
  networks: {},
  cgroupManager: "cgroupfs",
};

/** What one of the checks finds: a line each. */
async function look(
  name: string,
  changes: Partial<NodeSettings> = {},
): Promise<readonly string[]> {
  const checks = nodeChecks({ ...OPTIONS, node: { ...NODE, ...changes } });
  const check = checks.find((check) => check.name === name);
  const findings = await check?.look() ?? [];
  return findings.map(({ check, state, found, advice }) => {
    assertEquals(check, name);
    return [state, found, ...advice === undefined ? [] : [advice]].join(" | ");
  });
}

Deno.test("nodeChecks() are those of what a node does", () => {
  const names = (node: NodeSettings | undefined) =>
    nodeChecks({ ...OPTIONS, node }).map(({ name }) => name);
  assertEquals(names(undefined), []);
  const few = ["monitor", "networks"];
  assertEquals(names({ ...NODE, isServed: false }), few);
  assertEquals(names(NODE), [...few, "cgroup driver", "kernel settings"]);
});

Deno.test("nodeChecks() names the monitor", needs("conmon"), async () => {
  const program = findProgram("conmon");
  const { stdout } = await runCommand(program, ["--version"]);
  const line = `ok | ${program}: ${stdout.split("\n")[0]}`;
  assertEquals(await look("monitor"), [line]);
  assertEquals(await look("monitor", { isServed: false }), [line]);
});

function describe(
  plugins: FakePlugins,
  file: string,
  list: readonly Record<string, unknown>[],
) {
  plugins.describe(file, { cniVersion: "1.0.0", name: file, plugins: list });
}

Deno.test("nodeChecks() looks at each network", needs("root"), async (t) => {
  const portmap = { type: "portmap", capabilities: { portMappings: true } };
  await t.step("none", async () => {
    using plugins = fakePlugins();
    const { settings: networks } = plugins;
    const { configDirectory: directory } = networks;
    assertEquals(await look("networks", { networks }), [
      `fail | none in ${directory} | Configure one: pods wait for it. Network ` +
      "add-ons of Kubernetes install their own",
    ]);
    assertEquals(await look("networks", { networks, isServed: false }), [
      `ok | none in ${directory}: only run --network and serve need one`,
    ]);
    plugins.describe("0.conf", "{");
    assertEquals(await look("networks", { networks, isServed: false }), [
      `warn | Cannot read "${directory}/0.conf": not valid JSON | Correct the ` +
      "file, or remove it",
      `ok | none in ${directory}: only run --network and serve need one`,
    ]);
  });
  await t.step("several", async () => {
    using plugins = fakePlugins();
    const { settings: networks } = plugins;
    for (const type of ["own", "portmap"]) plugins.add(type);
    plugins.describe("0.conflist", "{");
    describe(plugins, "1.conflist", [{ type: "own" }, portmap]);
    describe(plugins, "2.conflist", [{ type: "own" }]);
    describe(plugins, "3.conflist", [{ type: "own" }, { type: "none" }]);
    describe(plugins, "4.conflist", [{ ...portmap, capabilities: {} }]);
    const advice =
      'Add { "type": "portmap", "capabilities": { "portMappings": true } }, ' +
      "unless the add-on forwards them itself";
    const directories = networks.pluginDirectories.join(", ");
    assertEquals(await look("networks", { networks }), [
      `warn | Cannot read "${networks.configDirectory}/0.conflist": not valid ` +
      "JSON | Correct the file, or remove it",
      "ok | 1.conflist: own, portmap, by CNI 1.0.0",
      "warn | 2.conflist: own, by CNI 1.0.0; no plugin forwards ports of the host " +
      `to pods | ${advice}`,
      'fail | 3.conflist: Cannot run network plugin "none": it is not in ' +
      `${directories}; install CNI's plugins | Install it: Debian's are in ` +
      "containernetworking-plugins",
      "warn | 4.conflist: portmap, by CNI 1.0.0; no plugin forwards ports of the " +
      `host to pods | ${advice}`,
    ]);
  });
});

Deno.test("nodeChecks() requires systemd where it makes control groups", async () => {
  const found = (manager: string) =>
    `ok | ${manager}: the kubelet reads it from orlop, or needs the same`;
  assertEquals(await look("cgroup driver"), [found("cgroupfs")]);
  const isRunning = await Deno.stat("/run/systemd/system").then(
    () => true,
    () => false,
  );
  assertEquals(await look("cgroup driver", { cgroupManager: "systemd" }), [
    isRunning
      ? found("systemd")
      : "fail | systemd, which is not running | Set cgroup_manager = " +
        '"cgroupfs" in [serve]',
  ]);
});

Deno.test("nodeChecks() reads the settings of the kernel", async () => {
  const [forward = "", bridge = "", ...others] = await look("kernel settings");
  assertEquals(others, []);
  const forwarding = await sysctl("net/ipv4/ip_forward");
  assertEquals(
    forward,
    forwarding === "1"
      ? "ok | net.ipv4.ip_forward = 1"
      : `warn | net.ipv4.ip_forward = ${forwarding} | Pods can reach only ` +
        "their node: sysctl -w net.ipv4.ip_forward=1",
  );
  const name = "net.bridge.bridge-nf-call-iptables";
  const advice = "Services do not reach pods of the same bridge: modprobe " +
    `br_netfilter; sysctl -w ${name}=1`;
  const filtering = await sysctl(name.replaceAll(".", "/"));
  const found = filtering === undefined
    ? "br_netfilter is not loaded"
    : `${name} = ${filtering}`;
  assertMatch(bridge, /^(ok|warn) \| net\.bridge/);
  if (filtering === "1") assertEquals(bridge, `ok | ${found}`);
  else if (filtering === undefined) {
    assertEquals(bridge, `warn | ${name}: ${found} | ${advice}`);
  } else assertEquals(bridge, `warn | ${found} | ${advice}`);
});

async function sysctl(path: string): Promise<string | undefined> {
  const { code, stdout } = await runCommand(
    findProgram("cat"),
    [`/proc/sys/${path}`],
    { okCodes: "any" },
  );
  return code === 0 ? stdout.trim() : undefined;
}
