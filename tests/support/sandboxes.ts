/** Sandboxes of tests: real ones, in a store and a network of their own. */

import { sleep } from "../../src/errors/abort.ts";
import type { Agent } from "../../src/engine/agent.ts";
import type { NetworkSettings } from "../../src/engine/network/find_networks.ts";
import { listSandboxes } from "../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../src/engine/sandboxes/remove_sandbox.ts";
import type { SandboxRequest } from "../../src/engine/sandboxes/sandbox.ts";
import type { SandboxState } from "../../src/engine/sandboxes/sandbox_state.ts";
import { listIfDirectory } from "../../src/fs/list_directory.ts";
import { readBootId } from "../../src/process/boot_id.ts";
import { findProgram } from "../../src/process/find_program.ts";
import { runCommand } from "../../src/process/run_command.ts";
import { agentsIn, type LoggedAgents } from "./store_agent.ts";
import { writeNetwork } from "./nodes/test_network.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

const KERNEL_MS = 10_000;
const POLL_MS = 50;

/** A store with a network; at its end nothing is left of either. */
export interface TestSandboxes extends LoggedAgents, AsyncDisposable {
  readonly dir: TempDir;
  readonly networks: NetworkSettings;
  /** Asks for a sandbox of this name. */
  request(podName: string, changes?: Partial<SandboxRequest>): SandboxRequest;
  /** Addresses that are given out. */
  listLeases(): readonly string[];
  /** Lists what is left on the machine: mounts, leases, rules, routes, notes. */
  findLeaks(): Promise<readonly string[]>;
}

/** Opens a store; its network is of pairs of interfaces, without a bridge. */
export function testSandboxes(
  { ipMasq = true }: { readonly ipMasq?: boolean } = {},
): TestSandboxes {
  const dir = tempDir();
  const leases = dir.join("leases");
  const name = `orlop-test-${crypto.randomUUID().slice(0, 8)}`;
  const networks = { configDirectory: dir.join("net.d") };
  Deno.mkdirSync(networks.configDirectory);
  const network = writeNetwork(networks.configDirectory, {
    ...{ name, leases, ipMasq },
  });
  const agents = agentsIn(dir);
  const { agent } = agents;
  return {
    ...{ ...agents, dir, networks },
    request: (podName, changes) => ({
      ...sandboxRequest(podName),
      networks,
      ...changes,
    }),
    listLeases() {
      return listIfDirectory(`${leases}/${name}`)
        .filter((name) => /^[\d.]+$|:/.test(name));
    },
    async findLeaks() {
      const rules = [
        ...await print("iptables-save", []),
        ...await print("ip6tables-save", []),
      ];
      // Interfaces of a namespace that is gone the kernel removes in its own time.
      const routes = await lastly(async () =>
        (await print("ip", ["route"]))
          .filter((line) => line.includes(network.prefix))
      );
      const mounts = await agent.mounter.list(dir.join("run"));
      return [
        ...this.listLeases(),
        ...rules.filter((line) => line.includes(name)),
        ...routes,
        ...mounts.map(({ target }) => target),
        ...listNames(dir.join("run/orlop/sandboxes")),
        ...listNames(dir.join("root/orlop/attachments")),
      ];
    },
    async [Symbol.asyncDispose]() {
      for (const { id } of await listSandboxes(agent)) {
        await removeSandbox(agent, id);
      }
      await unmountAll(agent, dir.path);
      dir[Symbol.dispose]();
    },
  };
}

/** Asks for a sandbox with a network, in the first that the host describes. */
export function sandboxRequest(podName: string): SandboxRequest {
  return {
    podName,
    metadata: {
      name: podName,
      uid: `uid-${podName}`,
      namespace: "ns",
      attempt: 0,
    },
    hostname: podName,
    ports: [],
    namespaces: { network: "pod", ipc: "pod", pid: "container" },
    sysctls: {},
    labels: {},
    annotations: {},
    runtimeHandler: "",
  };
}

/** The state of a ready sandbox without networks. */
export function sandboxState(
  changes: Partial<SandboxState> = {},
): SandboxState {
  return {
    phase: "ready",
    bootId: readBootId(),
    createdAtNs: 1_700_000_000_123_456_789n,
    request: sandboxRequest("web"),
    networks: [],
    pid: undefined,
    cgroups: [],
    ...changes,
  };
}

/** What is still there when it had time to go. */
async function lastly(
  list: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const end = performance.now() + KERNEL_MS;
  for (;;) {
    const left = await list();
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(POLL_MS);
  }
}

async function print(
  program: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const { stdout } = await runCommand(findProgram(program), args);
  return stdout.split("\n");
}

function listNames(path: string): readonly string[] {
  return listIfDirectory(path)
    .filter((name) => !name.startsWith(".tmp-")) // for a cleanup, a day later
    .map((name) => `${path}/${name}`);
}

async function unmountAll({ mounter }: Agent, path: string): Promise<void> {
  for (const { target } of (await mounter.list(path)).toReversed()) {
    await mounter.unmount(target, { mode: "lazy" });
  }
}
