import { assertEquals, assertThrows } from "@std/assert";
import { readSandboxRequest } from "../../../src/engine/sandboxes/read_sandbox_request.ts";

const LEAST = {
  ...{ podName: "p", hostname: "h", runtimeHandler: "" },
  metadata: { name: "n", uid: "u", namespace: "s", attempt: 2 },
  ...{ ports: [], sysctls: {}, labels: {}, annotations: {} },
  namespaces: { network: "pod", ipc: "node", pid: "container" },
};
const MORE = {
  ...{ podId: "ab", logDirectory: "/l", cgroupParent: "/c", runtime: "crun" },
  ...{ cgroupManager: "systemd", note: { any: ["thing"] } },
  dns: { servers: ["1"], searches: ["2"], options: ["3"] },
  ports: [
    { protocol: "udp", containerPort: 1, hostPort: 2, hostIp: "3" },
    { protocol: "sctp", containerPort: 4, hostPort: 0, hostIp: undefined },
  ],
  sysctls: { a: "b" },
  labels: { c: "d" },
  annotations: { e: "f" },
  users: { uids: { first: 65_536, count: 10 }, gids: { first: 7, count: 1 } },
  networks: {
    ...{ configDirectory: "/n", pluginDirectories: ["/p"] },
    ...{ names: ["m"], timeoutMs: 5 },
  },
};
const NOTHING = {
  ...{ podId: undefined, logDirectory: undefined, dns: undefined },
  ...{ cgroupParent: undefined, cgroupManager: undefined, note: undefined },
  ...{ runtime: undefined, networks: undefined, users: undefined },
};

/** As it comes from a file. */
function read(value: unknown) {
  return readSandboxRequest(JSON.parse(JSON.stringify(value)), "x");
}

Deno.test("readSandboxRequest() reads what was written", () => {
  assertEquals<unknown>(read(LEAST), { ...LEAST, ...NOTHING });
  assertEquals<unknown>(read({ ...LEAST, ...MORE }), { ...LEAST, ...MORE });
  const { networks } = read({ ...LEAST, networks: {} });
  assertEquals(networks, {
    ...{ configDirectory: undefined, pluginDirectories: undefined },
    ...{ names: undefined, timeoutMs: undefined },
  });
});

Deno.test("readSandboxRequest() refuses what is none", async (t) => {
  const [port] = MORE.ports;
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    ...["podName", "hostname", "runtimeHandler"].map((key) =>
      [{ [key]: 1 }, `x, ${key}: expected a string, got 1`] as const
    ),
    ...["podId", "logDirectory", "cgroupParent", "runtime"].map((key) =>
      [{ [key]: 1 }, `x, ${key}: expected a string, got 1`] as const
    ),
    ...["sysctls", "labels", "annotations"].flatMap((key) =>
      [
        [{ [key]: null }, `x, ${key}: expected an object, got null`],
        [{ [key]: { a: 1 } }, `x, ${key}["a"]: expected a string, got 1`],
      ] as const
    ),
    [{ metadata: 1 }, "x, metadata: expected an object, got 1"],
    ...["name", "uid", "namespace"].map((key) =>
      [
        { metadata: { ...LEAST.metadata, [key]: 1 } },
        "x: expected a string, got 1",
      ] as const
    ),
    [
      { metadata: { ...LEAST.metadata, attempt: "1" } },
      'x: expected an integer, got "1"',
    ],
    [{ dns: [] }, "x, dns: expected an object, got []"],
    ...["servers", "searches", "options"].map((key) =>
      [
        { dns: { ...MORE.dns, [key]: "a" } },
        'x, dns: expected an array, got "a"',
      ] as const
    ),
    [{ ports: {} }, "x, ports: expected an array, got {}"],
    [{ ports: [1] }, "x, ports: expected an object, got 1"],
    [
      { ports: [{ ...port, protocol: "icmp" }] },
      'x, ports: expected tcp or udp or sctp, got "icmp"',
    ],
    [
      { ports: [{ ...port, containerPort: 1.5 }] },
      "x, ports: expected an integer, got 1.5",
    ],
    [
      { ports: [{ ...port, hostPort: "1" }] },
      'x, ports: expected an integer, got "1"',
    ],
    [
      { ports: [{ ...port, hostIp: 1 }] },
      "x, ports: expected a string, got 1",
    ],
    [{ users: 1 }, "x, users: expected an object, got 1"],
    ...["uids", "gids"].flatMap((key) =>
      [
        [
          { users: { ...MORE.users, [key]: [] } },
          "x, users: expected an object, got []",
        ],
        [
          { users: { ...MORE.users, [key]: { first: 0 } } },
          "x, users: expected an integer, got nothing",
        ],
        [
          { users: { ...MORE.users, [key]: { count: 0 } } },
          "x, users: expected an integer, got nothing",
        ],
      ] as const
    ),
    [
      { namespaces: { ...LEAST.namespaces, network: "container" } },
      'x, namespaces: expected pod or node, got "container"',
    ],
    [
      { namespaces: { ...LEAST.namespaces, ipc: "x" } },
      'x, namespaces: expected pod or node, got "x"',
    ],
    [
      { namespaces: { ...LEAST.namespaces, pid: "x" } },
      'x, namespaces: expected pod or container or node, got "x"',
    ],
    [
      { cgroupManager: "x" },
      'x, cgroupManager: expected cgroupfs or systemd, got "x"',
    ],
    [{ networks: 1 }, "x, networks: expected an object, got 1"],
    ...["configDirectory"].map((key) =>
      [
        { networks: { [key]: 1 } },
        "x, networks: expected a string, got 1",
      ] as const
    ),
    ...["pluginDirectories", "names"].map((key) =>
      [
        { networks: { [key]: "a" } },
        'x, networks: expected an array, got "a"',
      ] as const
    ),
    [
      { networks: { timeoutMs: "1" } },
      'x, networks: expected an integer, got "1"',
    ],
  ];
  for (const [changes, why] of cases) {
    await t.step(JSON.stringify(changes), () => {
      const error = assertThrows(
        () => read({ ...LEAST, ...changes }),
        SyntaxError,
      );
      assertEquals(error.message, `Cannot read ${why}`);
    });
  }
});
