import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals } from "@std/assert";
import {
  NamespaceMode,
  PodSandboxConfigSchema,
  PodSandboxMetadataSchema,
  Protocol,
} from "../../../../src/cri/api/api_pb.js";
import {
  configOf,
  toSandboxRequest,
} from "../../../../src/cri/runtime/pods/pod_request.ts";
import { podRecordName } from "../../../../src/cri/runtime/state/kubernetes_names.ts";
import type { RuntimeSettings } from "../../../../src/cri/runtime/runtime_context.ts";
import { parseContainerId } from "../../../../src/formats/storage/store_ids.ts";

const ID = parseContainerId("ab".repeat(32));
const NAMES = { name: "web", uid: "u", namespace: "ns", attempt: 2 };

type ConfigInit = Exclude<
  MessageInitShape<typeof PodSandboxConfigSchema>,
  { readonly $typeName: string }
>;

function request(
  init: ConfigInit,
  { settings = {}, runtimeHandler = "" }: {
    readonly settings?: RuntimeSettings;
    readonly runtimeHandler?: string;
  } = {},
) {
  const config = create(PodSandboxConfigSchema, { metadata: NAMES, ...init });
  const metadata = create(PodSandboxMetadataSchema, NAMES);
  return toSandboxRequest({ settings }, ID, {
    ...{ config, metadata, runtimeHandler },
  });
}

Deno.test("toSandboxRequest() fills in what a kubelet leaves out", () => {
  const { note: _, podName, ...rest } = request({});
  assertEquals(podName, podRecordName(NAMES));
  assertEquals<unknown>(rest, {
    ...{ podId: ID, metadata: NAMES, hostname: "abababababab" },
    ...{ logDirectory: undefined, dns: undefined, ports: [] },
    namespaces: { network: "pod", ipc: "pod", pid: "pod" },
    ...{ sysctls: {}, cgroupParent: undefined, labels: {}, annotations: {} },
    ...{ runtimeHandler: "", runtime: undefined, cgroupManager: undefined },
    ...{ networks: undefined, users: undefined },
  });
});

Deno.test("toSandboxRequest() keeps what it sends", () => {
  const settings: RuntimeSettings = {
    ...{ runtime: "/bin/crun", cgroupManager: "systemd" },
    networks: { configDirectory: "/n" },
  };
  const { note: _, podName: _name, ...rest } = request({
    ...{ hostname: "h", logDirectory: "/l", labels: { a: "b" } },
    ...{ annotations: { c: "d" } },
    dnsConfig: { servers: ["1"], searches: ["2"], options: ["3"] },
    portMappings: [
      { protocol: Protocol.TCP, containerPort: 1, hostPort: 2, hostIp: "3" },
      { protocol: Protocol.UDP, containerPort: 4 },
      { protocol: Protocol.SCTP, containerPort: 5 },
    ],
    linux: {
      ...{ cgroupParent: "/c", sysctls: { e: "f" } },
      securityContext: {
        namespaceOptions: {
          usernsOptions: {
            uids: [{ containerId: 0, hostId: 65_536, length: 10 }],
            gids: [{ containerId: 0, hostId: 7, length: 1 }],
          },
        },
      },
    },
  }, { settings, runtimeHandler: "runc" });
  const port = { hostPort: 0, hostIp: undefined };
  assertEquals<unknown>(rest, {
    ...{ podId: ID, metadata: NAMES, hostname: "h", logDirectory: "/l" },
    dns: { servers: ["1"], searches: ["2"], options: ["3"] },
    ports: [
      { protocol: "tcp", containerPort: 1, hostPort: 2, hostIp: "3" },
      { protocol: "udp", containerPort: 4, ...port },
      { protocol: "sctp", containerPort: 5, ...port },
    ],
    namespaces: { network: "pod", ipc: "pod", pid: "pod" },
    ...{ sysctls: { e: "f" }, cgroupParent: "/c", labels: { a: "b" } },
    ...{ annotations: { c: "d" }, runtimeHandler: "runc", runtime: "runc" },
    ...{ cgroupManager: "systemd", networks: { configDirectory: "/n" } },
    users: { uids: { first: 65_536, count: 10 }, gids: { first: 7, count: 1 } },
  });
});

Deno.test("toSandboxRequest() finds the runtime of a handler", async (t) => {
  const settings: RuntimeSettings = { runtime: "/opt/bin/crun" };
  const cases: readonly (readonly [string, string])[] = [
    ["", "/opt/bin/crun"],
    ["crun", "/opt/bin/crun"],
    ["runc", "runc"],
  ];
  for (const [runtimeHandler, runtime] of cases) {
    await t.step(runtimeHandler || "none", () => {
      assertEquals(request({}, { settings, runtimeHandler }).runtime, runtime);
    });
  }
  assertEquals(request({}, { runtimeHandler: "crun" }).runtime, "crun");
});

Deno.test("toSandboxRequest() shares the namespaces that are asked for", async (t) => {
  const { POD, NODE, CONTAINER } = NamespaceMode;
  const cases = [
    [POD, POD, POD, "pod pod pod"],
    [NODE, POD, POD, "node pod pod"],
    [POD, NODE, POD, "pod node pod"],
    [POD, POD, NODE, "pod pod node"],
    [POD, POD, CONTAINER, "pod pod container"],
  ] as const;
  for (const [network, ipc, pid, expected] of cases) {
    await t.step(expected, () => {
      const namespaceOptions = { network, ipc, pid };
      const { namespaces } = request({
        linux: { securityContext: { namespaceOptions } },
      });
      const found = [namespaces.network, namespaces.ipc, namespaces.pid];
      assertEquals(found.join(" "), expected);
    });
  }
});

Deno.test("configOf() reads the request again, also a newer one's", () => {
  const { note } = request({ hostname: "h", labels: { a: "b" } });
  assertEquals(configOf({ note }).hostname, "h");
  assertEquals(configOf({ note }).labels, { a: "b" });
  const newer = { ...Object(note), ofTomorrow: 1 };
  assertEquals(configOf({ note: newer }).metadata?.attempt, 2);
});
