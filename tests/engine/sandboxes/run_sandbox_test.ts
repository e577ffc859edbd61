import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { dirname } from "@std/path";
import { InvalidSandboxError } from "../../../src/errors/network_errors.ts";
import { listPods } from "../../../src/engine/containers/list_containers.ts";
import {
  listSandboxes,
  readSandbox,
} from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import { runSandbox } from "../../../src/engine/sandboxes/run_sandbox.ts";
import type { Sandbox } from "../../../src/engine/sandboxes/sandbox.ts";
import { stopSandbox } from "../../../src/engine/sandboxes/stop_sandbox.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { needsNetworks } from "../../support/nodes/test_network.ts";
import { testSandboxes } from "../../support/sandboxes.ts";

/** Runs a shell in all namespaces of a sandbox. @returns What it printed. */
async function runIn(
  { namespaces }: Sandbox,
  script: string,
): Promise<string> {
  const { network, ipc, uts, user } = namespaces;
  const flags = [
    ...user === undefined ? [] : [`--user=${user}`],
    ...network === undefined ? [] : [`--net=${network}`],
    ...ipc === undefined ? [] : [`--ipc=${ipc}`],
    ...uts === undefined ? [] : [`--uts=${uts}`],
  ];
  const args = [...flags, "/bin/sh", "-c", script];
  const { stdout } = await runCommand("/usr/bin/nsenter", args);
  return stdout.trim();
}

Deno.test({
  name:
    "runSandbox() makes namespaces, addresses and files, and all goes again",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const { agent } = test;
    const sandbox = await runSandbox(
      agent,
      test.request("web", {
        sysctls: {
          "net.ipv4.ip_unprivileged_port_start": "7",
          "kernel.shmmax": "123456",
          "fs/mqueue/msg_max": "11",
          "net.ipv4.conf.eth0.rp_filter": "2",
        },
        note: { foo: [1, null] },
      }),
    );
    assertEquals(sandbox.state, "ready");
    assertEquals(sandbox.ips.length, 2);
    assertEquals(test.listLeases().length, 2);
    assertEquals(await runIn(sandbox, "hostname"), "web");
    assertMatch(
      await runIn(sandbox, "ip -br addr show dev lo"),
      /127\.0\.0\.1/,
    );
    const [ip = ""] = sandbox.ips;
    assert((await runIn(sandbox, "ip -br addr show dev eth0")).includes(ip));
    const sysctls = "cd /proc/sys && cat net/ipv4/ip_unprivileged_port_start " +
      "kernel/shmmax fs/mqueue/msg_max net/ipv4/conf/eth0/rp_filter";
    assertEquals(await runIn(sandbox, sysctls), "7\n123456\n11\n2");
    const hosts = await Deno.readTextFile(sandbox.files.hosts);
    assert(hosts.includes(`${ip}\tweb\n`));
    const [listed] = await listSandboxes(test.reopen());
    assertEquals(listed?.ips, sandbox.ips);
    assertEquals(listed?.request.note, { foo: [1, null] });
    assertEquals(listed?.createdAtNs, sandbox.createdAtNs);

    await stopSandbox(agent, sandbox.id);
    await stopSandbox(agent, sandbox.id);
    assertEquals(readSandbox(agent, sandbox.id)?.state, "not-ready");
    assertEquals(test.listLeases(), []);
    await removeSandbox(agent, sandbox.id);
    await removeSandbox(agent, sandbox.id);
    assertEquals(readSandbox(agent, sandbox.id), undefined);
    assertEquals(await listPods(agent), []);
    const left = [...Deno.readDirSync(test.dir.join("run/orlop/sandboxes"))];
    assertEquals(left, []);
  },
});

const RANGE = { first: 100_000, count: 65_536 };
const USERS = { uids: RANGE, gids: RANGE };

Deno.test({
  name: "runSandbox() gives users of its own a network of theirs",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const { agent } = test;
    const sysctls = {
      "net.ipv4.ip_unprivileged_port_start": "7",
      "fs.mqueue.msg_max": "11",
      "net.ipv4.conf.eth0.rp_filter": "2",
    };
    const sandbox = await runSandbox(
      agent,
      test.request("web", { users: USERS, sysctls }),
    );
    const script = "cat /proc/self/uid_map /proc/self/gid_map && " +
      "ip link set lo mtu 1400 && hostname && cd /proc/sys && cat " +
      "fs/mqueue/msg_max net/ipv4/ip_unprivileged_port_start " +
      "net/ipv4/conf/eth0/rp_filter";
    const [uids, gids, ...others] = (await runIn(sandbox, script)).split("\n");
    for (const map of [uids, gids]) assertMatch(map ?? "", /0 +100000 +65536$/);
    assertEquals(others, ["web", "11", "7", "2"]);
    assertEquals((await Deno.stat(sandbox.files.hosts)).uid, RANGE.first);
    assertEquals((await Deno.stat(sandbox.shmDirectory)).uid, RANGE.first);
    const [listed] = await listSandboxes(test.reopen());
    assertEquals(listed?.request.users, USERS);
    assertEquals(listed?.namespaces, sandbox.namespaces);
    await removeSandbox(agent, sandbox.id);
    assertEquals(await test.findLeaks(), []);
  },
});

Deno.test({
  name: "runSandbox() shares the host's network, name and memory if told to",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const { id, ips, namespaces, shmDirectory, files } = await runSandbox(
      test.agent,
      test.request("web", {
        namespaces: { network: "node", ipc: "node", pid: "node" },
      }),
    );
    assertEquals(ips, []);
    assertEquals(namespaces, {});
    assertEquals(shmDirectory, "/dev/shm");
    const hostname = await Deno.readTextFile(files.hostname);
    assertEquals(hostname, `${Deno.hostname()}\n`);
    // As if somebody had emptied the run root.
    assertEquals(readSandbox(test.agent, id)?.state, "ready");
    await Deno.remove(dirname(files.hostname), { recursive: true });
    assertEquals(readSandbox(test.agent, id)?.state, "not-ready");
    await removeSandbox(test.agent, id);
    assertEquals(readSandbox(test.agent, id), undefined);
  },
});

Deno.test({
  name: "runSandbox() refuses what is not a pod's, and makes nothing",
  ...needsNetworks(),
  async fn(t) {
    await using test = testSandboxes();
    const node = { network: "node", ipc: "node", pid: "container" } as const;
    const cases: [string, Parameters<typeof test.request>[1]][] = [
      ["a sysctl of the host's", { sysctls: { "kernel.core_pattern": "|x" } }],
      ["a way out of /proc/sys/net", { sysctls: { "net/../kernel/x": "1" } }],
      ["another way", { sysctls: { "net.//.kernel.x": "1" } }],
      [
        "one of a namespace that is shared",
        { sysctls: { "net.core.somaxconn": "1" }, namespaces: node },
      ],
      ["a sysctl that the kernel has not", { sysctls: { "net.ipv4.x": "1" } }],
      ["a value that it does not take", {
        sysctls: { "net.ipv4.ip_unprivileged_port_start": "x" },
      }],
      ["an interface that is not there", {
        sysctls: { "net.ipv4.conf.eth7.rp_filter": "1" },
      }],
      ["users who are everybody", {
        users: { ...USERS, gids: { first: 1, count: 2 ** 32 - 1 } },
      }],
      ["nobody", { users: { ...USERS, uids: { first: 1, count: 0 } } }],
      ["users of its own in the host's network", {
        users: USERS,
        namespaces: { ...node, ipc: "pod" },
      }],
      ["users of its own in the host's memory", {
        users: USERS,
        namespaces: { ...node, network: "pod" },
      }],
      ["an odd host name", { hostname: "a b" }],
      ["arguments in a name", {
        metadata: {
          name: "a;K8S_POD_UID=b",
          uid: "",
          namespace: "",
          attempt: 0,
        },
      }],
      ["a port", {
        ports: [{ protocol: "tcp", containerPort: 0, hostPort: 1 }],
      }],
      ["an address", {
        ports: [
          { protocol: "tcp", containerPort: 1, hostPort: 1, hostIp: "x" },
        ],
      }],
      ["a server", {
        dns: { servers: ["1.1.1.1\noptions x"], searches: [], options: [] },
      }],
      ["a log directory", { logDirectory: "/var/log/../../etc" }],
      ["a control group", { cgroupParent: "/../foo" }],
    ];
    for (const [name, changes] of cases) {
      await t.step(name, async () => {
        await assertRejects(
          () => runSandbox(test.agent, test.request("web", changes)),
          InvalidSandboxError,
        );
      });
    }
    assertEquals(await listPods(test.agent), []);
  },
});
