/** The checks of a node: further needs of `orlop serve`, `run -d` and networks. */

import { NetworkError } from "../../errors/network_errors.ts";
import { CommandError } from "../../errors/store_errors.ts";
import { isThere } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import {
  configDirectoryOf,
  type FoundNetwork,
  listNetworks,
} from "../network/find_networks.ts";
import { findPlugin } from "../network/run_plugin.ts";
import { versionOf } from "./check_host.ts";
import { about, type Check, type Finding } from "./finding.ts";
import type { ExamineOptions, NodeSettings } from "./examine_options.ts";

const SYSTEMD = "/run/systemd/system";

/** Lists them; none if the request has no node settings. */
export function nodeChecks(options: ExamineOptions): readonly Check[] {
  const { node } = options;
  if (node === undefined) return [];
  const served = [
    { name: "cgroup driver", look: () => lookAtCgroupDriver(node) },
    { name: "kernel settings", look: () => lookAtSysctls(options) },
  ];
  return [
    { name: "monitor", look: () => lookAtMonitor(options, node) },
    { name: "networks", look: () => lookAtNetworks(node) },
    ...node.isServed ? served : [],
  ];
}

async function lookAtMonitor(
  options: ExamineOptions,
  { isServed }: NodeSettings,
): Promise<readonly Finding[]> {
  const { ok, fail } = about("monitor");
  try {
    const program = findProgram("conmon");
    return [ok(`${program}: ${await versionOf(program, options)}`)];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (!isServed) return [ok("no conmon: only run -d and serve need it")];
    return [fail("no conmon", "Install conmon: it monitors containers")];
  }
}

function lookAtNetworks(node: NodeSettings): readonly Finding[] {
  const { ok, warn, fail } = about("networks");
  const directory = configDirectoryOf(node.networks);
  const problems: Finding[] = [];
  const found = listNetworks(node.networks, (message) => {
    problems.push(warn(message, "Correct the file, or remove it"));
  });
  if (found.length === 0) {
    const none = node.isServed
      ? fail(
        `none in ${directory}`,
        "Configure one: pods wait for it. Network add-ons of Kubernetes install " +
          "their own",
      )
      : ok(`none in ${directory}: only run --network and serve need one`);
    return [...problems, none];
  }
  return [
    ...problems,
    ...found.map((network) => lookAtNetwork(network, node)),
  ];
}

function lookAtNetwork(
  { list }: FoundNetwork,
  { networks }: NodeSettings,
): Finding {
  const { ok, warn, fail } = about("networks");
  const { name, cniVersion, plugins } = list;
  const types = plugins.map(({ type }) => type).join(", ");
  const found = `${name}: ${types}, by CNI ${cniVersion}`;
  try {
    for (const { type } of plugins) findPlugin(type, networks);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return fail(
      `${name}: ${error.message}`,
      "Install it: Debian's are in containernetworking-plugins",
    );
  }
  const hasPorts = plugins.some(({ capabilities }) =>
    capabilities.has("portMappings")
  );
  return hasPorts ? ok(found) : warn(
    `${found}; no plugin forwards ports of the host to pods`,
    'Add { "type": "portmap", "capabilities": { "portMappings": true } }, ' +
      "unless the add-on forwards them itself",
  );
}

function lookAtCgroupDriver(
  { cgroupManager }: NodeSettings,
): readonly Finding[] {
  const { ok, fail } = about("cgroup driver");
  if (cgroupManager === "systemd" && !isThere(SYSTEMD)) {
    return [
      fail(
        "systemd, which is not running",
        'Set cgroup_manager = "cgroupfs" in [serve]',
      ),
    ];
  }
  return [
    ok(`${cgroupManager}: the kubelet reads it from orlop, or needs the same`),
  ];
}

const SYSCTLS = [
  {
    name: "net.ipv4.ip_forward",
    advice: "Pods can reach only their node: sysctl -w net.ipv4.ip_forward=1",
    ifMissing: "the kernel has no such setting",
  },
  {
    name: "net.bridge.bridge-nf-call-iptables",
    advice: "Services do not reach pods of the same bridge: " +
      "modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1",
    ifMissing: "br_netfilter is not loaded",
  },
];

async function lookAtSysctls(
  { signal }: ExamineOptions,
): Promise<readonly Finding[]> {
  const { ok, warn } = about("kernel settings");
  return await Promise.all(
    SYSCTLS.map(async ({ name, advice, ifMissing }) => {
      const path = `/proc/sys/${name.replaceAll(".", "/")}`;
      const { code, stdout } = await runCommand(
        findProgram("cat"),
        ["--", path],
        { signal, okCodes: "any" },
      );
      if (code !== 0) return warn(`${name}: ${ifMissing}`, advice);
      const value = stdout.trim();
      const found = `${name} = ${value}`;
      return value === "1" ? ok(found) : warn(found, advice);
    }),
  );
}
