import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkSandboxRequest } from "../../../src/engine/sandboxes/check_sandbox_request.ts";
import type { SandboxRequest } from "../../../src/engine/sandboxes/sandbox.ts";
import {
  checkStateSize,
  type SandboxState,
} from "../../../src/engine/sandboxes/sandbox_state.ts";
import { InvalidSandboxError } from "../../../src/errors/network_errors.ts";

const METADATA = { name: "web", uid: "u", namespace: "ns", attempt: 1 };
const REQUEST: SandboxRequest = {
  ...{ podName: "p", hostname: "web-1", runtimeHandler: "" },
  ...{ metadata: METADATA, ports: [], sysctls: {} },
  namespaces: { network: "pod", ipc: "pod", pid: "pod" },
  ...{ labels: {}, annotations: {} },
};
const PORT = { protocol: "tcp", containerPort: 80, hostPort: 8080 } as const;
const DNS = {
  servers: ["10.0.0.1", "fd00::1"],
  searches: ["a.lan"],
  options: [],
};
const HOSTS = { network: "node", ipc: "node", pid: "node" } as const;

function check(changes: Partial<SandboxRequest>) {
  return checkSandboxRequest({ ...REQUEST, ...changes });
}

Deno.test("checkSandboxRequest() takes what can be made", async (t) => {
  const cases: readonly (readonly [string, Partial<SandboxRequest>])[] = [
    ["a name of one letter", { hostname: "a" }],
    ["a name of 64", { hostname: "a".repeat(64) }],
    ["a name with dots and lines", { hostname: "A1-b_c.d" }],
    ["any name on the host's network", { hostname: "-x y", namespaces: HOSTS }],
    ["a directory of logs", { logDirectory: "/var/log/..pods/a.." }],
    ["a control group", { cgroupParent: "/kubepods/pod1" }],
    ["a slice", { cgroupParent: "kubepods-pod1.slice" }],
    ["name servers", { dns: DNS }],
    ["a port of the host", { ports: [PORT] }],
    ["no port of the host", { ports: [{ ...PORT, hostPort: 0 }] }],
    ["the highest port", { ports: [{ ...PORT, containerPort: 65535 }] }],
    ["an address", { ports: [{ ...PORT, hostIp: "127.0.0.1" }] }],
    ["empty names", { metadata: { ...METADATA, uid: "", namespace: "" } }],
  ];
  for (const [name, changes] of cases) {
    await t.step(name, () => assertEquals(check(changes), {}));
  }
});

Deno.test("checkSandboxRequest() reports what cannot be made", async (t) => {
  const cases: readonly (readonly [Partial<SandboxRequest>, string])[] = [
    [{ metadata: { ...METADATA, name: "a;b" } }, '"a;b" is no name'],
    [{ metadata: { ...METADATA, uid: "a=b" } }, '"a=b" is no uid'],
    [{ metadata: { ...METADATA, namespace: "a b" } }, '"a b" is no namespace'],
    [{ metadata: { ...METADATA, name: "\u0085" } }, '"\u0085" is no name'],
    [{ hostname: "" }, '"" is no hostname'],
    [{ hostname: "-a" }, '"-a" is no hostname'],
    [{ hostname: "a b" }, '"a b" is no hostname'],
    [
      { hostname: "a".repeat(65) },
      `"${"a".repeat(65)}" is no hostname`,
    ],
    [{ hostname: "a".repeat(99) }, `"${"a".repeat(80)}" is no hostname`],
    [{ logDirectory: "var" }, '"var" is no log directory'],
    [{ logDirectory: "/a/../b" }, '"/a/../b" is no log directory'],
    [{ logDirectory: "/.." }, '"/.." is no log directory'],
    [{ logDirectory: "/a\n" }, '"/a\n" is no log directory'],
    [{ cgroupParent: "" }, '"" is no cgroup parent'],
    [{ cgroupParent: "a" }, '"a" is no cgroup parent'],
    [{ cgroupParent: "/a/.." }, '"/a/.." is no cgroup parent'],
    [{ cgroupParent: "a/b.slice" }, '"a/b.slice" is no cgroup parent'],
    [{ cgroupParent: ".slice" }, '".slice" is no cgroup parent'],
    [{ cgroupParent: "a.slice/b" }, '"a.slice/b" is no cgroup parent'],
    [{ dns: { ...DNS, servers: ["dns.lan"] } }, '"dns.lan" is no DNS server'],
    [{ dns: { ...DNS, searches: ["a b"] } }, '"a b" is no DNS setting'],
    [{ dns: { ...DNS, searches: [""] } }, '"" is no DNS setting'],
    [{ dns: { ...DNS, options: ["a#b"] } }, '"a#b" is no DNS setting'],
    [{ dns: { ...DNS, options: ["a\x01"] } }, '"a\x01" is no DNS setting'],
    [
      { ports: [{ ...PORT, containerPort: 0 }] },
      '"0" is no container port',
    ],
    [
      { ports: [{ ...PORT, containerPort: 65536 }] },
      '"65536" is no container port',
    ],
    [{ ports: [PORT, { ...PORT, hostPort: -1 }] }, '"-1" is no host port'],
    [{ ports: [{ ...PORT, hostPort: 65536 }] }, '"65536" is no host port'],
    [
      { ports: [{ ...PORT, hostIp: "host" }] },
      '"host" is no address of the host',
    ],
  ];
  for (const [changes, why] of cases) {
    await t.step(why, () => {
      const error = assertThrows(() => check(changes), InvalidSandboxError);
      assertEquals(error.message, `Cannot make sandbox: ${why}`);
    });
  }
});

Deno.test("checkSandboxRequest() refuses what networks could not be told", () => {
  const annotations = { "kubernetes.io/egress-bandwidth": "-1" };
  assertThrows(() => check({ annotations }), InvalidSandboxError, "bandwidth");
});

Deno.test("checkStateSize() refuses what could not be read again", () => {
  const state = (bytes: number): SandboxState => ({
    ...{ phase: "making", bootId: "", createdAtNs: 0n, pid: undefined },
    request: { ...REQUEST, annotations: { a: "x".repeat(bytes) } },
    ...{ networks: [], cgroups: [] },
  });
  checkStateSize(state(1e6));
  assertThrows(() => checkStateSize(state(17e6)), InvalidSandboxError, "more");
});

Deno.test("checkSandboxRequest() tells the paths of sysctls", async (t) => {
  const sysctls = { "net.ipv4.ip_forward": "1", "kernel.shmmax": "2" };
  assertEquals(check({ sysctls }), {
    "net/ipv4/ip_forward": "1",
    "kernel/shmmax": "2",
  });
  const long = "x".repeat(4096);
  assertEquals(check({ sysctls: { "kernel.sem": long } }), {
    "kernel/sem": long,
  });
  const none = "a pod has net.*, fs.mqueue.*, kernel.msg*, kernel.sem and " +
    "kernel.shm* of its own";
  const hosts = "the pod shares it with the host";
  const { namespaces } = REQUEST;
  const cases: readonly (readonly [
    string,
    SandboxRequest["namespaces"],
    string,
  ])[] = [
    ["vm.swappiness", namespaces, none],
    ["..", namespaces, none],
    [`vm.${"x".repeat(99)}`, namespaces, none],
    ["net.core.somaxconn", { ...namespaces, network: "node" }, hosts],
    ["kernel.shmmax", { ...namespaces, ipc: "node" }, hosts],
  ];
  for (const [name, namespaces, why] of cases) {
    await t.step(name, () => {
      const error = assertThrows(
        () => check({ sysctls: { [name]: "1" }, namespaces }),
        InvalidSandboxError,
      );
      assertEquals(
        error.message,
        `Cannot set sysctl "${name.slice(0, 80)}": ${why}`,
      );
    });
  }
  await t.step("each of the namespace that it belongs to", () => {
    const network = { ...namespaces, network: "node" } as const;
    check({ sysctls: { "kernel.shmmax": "1" }, namespaces: network });
    const ipc = { ...namespaces, ipc: "node" } as const;
    check({ sysctls: { "net.core.somaxconn": "1" }, namespaces: ipc });
  });
  for (const value of [`${long}x`, "a\0"]) {
    await t.step(`a value of ${value.length} characters`, () => {
      const error = assertThrows(
        () => check({ sysctls: { "kernel.sem": value } }),
        InvalidSandboxError,
      );
      assertEquals(
        error.message,
        `Cannot make sandbox: "${value.slice(0, 80)}" is no value of sysctl ` +
          '"kernel.sem"',
      );
    });
  }
});

Deno.test("checkSandboxRequest() refuses users that cannot be", async (t) => {
  const all = { first: 0, count: 2 ** 32 - 1 };
  const some = { first: 100_000, count: 65_536 };
  const own = { network: "pod", ipc: "pod", pid: "pod" } as const;
  const range = (first: number, count: number) =>
    `"${first}+${count}" is no range of IDs`;
  const cases: readonly (readonly [
    SandboxRequest["users"],
    string | undefined,
  ])[] = [
    [undefined, undefined],
    [{ uids: some, gids: all }, undefined],
    [{ uids: all, gids: { first: 0, count: 1 } }, undefined],
    [{ uids: { first: 1, count: 2 ** 32 - 2 }, gids: some }, undefined],
    [
      { uids: some, gids: { first: 1, count: 2 ** 32 - 1 } },
      range(
        ...[1, 2 ** 32 - 1] as const,
      ),
    ],
    [{ uids: some, gids: { first: 1, count: 0 } }, range(1, 0)],
    [{ uids: { first: -1, count: 9 }, gids: some }, range(-1, 9)],
    [{ uids: { first: 1.5, count: 9 }, gids: some }, range(1.5, 9)],
    [{ uids: { first: 1, count: 1.5 }, gids: some }, range(1, 1.5)],
  ];
  for (const [users, why] of cases) {
    await t.step(JSON.stringify(users) ?? "none", () => {
      const request = { users, namespaces: own };
      if (why === undefined) return void check(request);
      const error = assertThrows(() => check(request), InvalidSandboxError);
      assertEquals(error.message, `Cannot make sandbox: ${why}`);
    });
  }
  for (const name of ["network", "ipc", "pid"] as const) {
    await t.step(`who share the host's ${name}`, () => {
      const namespaces = { ...own, [name]: "node" };
      const users = { uids: some, gids: some };
      const error = assertThrows(
        () => check({ users, namespaces }),
        InvalidSandboxError,
      );
      assertStringIncludes(error.message, `cannot share the host's ${name}`);
      check({ namespaces });
    });
  }
});
