import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals, assertThrows } from "@std/assert";
import {
  NamespaceMode,
  type NamespaceOption,
  PodSandboxConfigSchema,
  RunPodSandboxRequestSchema,
  UserNamespaceSchema,
} from "../../../../src/cri/api/api_pb.js";
import { checkPod } from "../../../../src/cri/runtime/pods/check_pod.ts";

type ConfigInit = Exclude<
  MessageInitShape<typeof PodSandboxConfigSchema>,
  { readonly $typeName: string }
>;
const METADATA = { name: "web", namespace: "ns", uid: "u1", attempt: 2 };

const RANGE = { containerId: 0, hostId: 65_536, length: 65_536 };
const USERS = create(UserNamespaceSchema, { uids: [RANGE], gids: [RANGE] });

function check(
  config: ConfigInit | undefined,
  runtimeHandler = "",
): ReturnType<typeof checkPod> {
  const request = create(RunPodSandboxRequestSchema, {
    runtimeHandler,
    ...config && { config: create(PodSandboxConfigSchema, config) },
  });
  return checkPod(request, ["", "crun", "runc"]);
}

function withProtocols(protocols: readonly number[]): ConfigInit {
  const portMappings = protocols.map((protocol) => ({ protocol }));
  return { metadata: METADATA, portMappings };
}

/** A pod with namespaces. */
function withNamespaces(
  options: Partial<
    Pick<NamespaceOption, "network" | "ipc" | "pid" | "usernsOptions">
  >,
): ConfigInit {
  const { POD } = NamespaceMode;
  const namespaceOptions = { network: POD, ipc: POD, pid: POD, ...options };
  return {
    metadata: METADATA,
    linux: { securityContext: { namespaceOptions } },
  };
}

Deno.test("checkPod() hands on what it has checked", () => {
  const checked = check({ metadata: METADATA, hostname: "h" }, "crun");
  assertEquals(checked.config.hostname, "h");
  assertEquals(checked.metadata.attempt, 2);
  assertEquals(checked.runtimeHandler, "crun");
});

Deno.test("checkPod() takes what kubelets send", async (t) => {
  const { POD, NODE, CONTAINER } = NamespaceMode;
  const cases: readonly (readonly [string, ConfigInit])[] = [
    ["no directory of logs", { metadata: METADATA }],
    ["one that ends with a slash", {
      metadata: METADATA,
      logDirectory: "/var/log/pods/a/",
    }],
    ["the root", { metadata: METADATA, logDirectory: "/" }],
    ["namespaces of its own", withNamespaces({})],
    ["users of its own", withNamespaces({ usernsOptions: USERS })],
    ["each protocol", withProtocols([0, 1, 2])],
    ["the host's", withNamespaces({ network: NODE, ipc: NODE, pid: NODE })],
    ["processes of each container", withNamespaces({ pid: CONTAINER })],
    ["no user namespace", {
      metadata: METADATA,
      linux: {
        securityContext: {
          namespaceOptions: {
            ...{ network: POD, ipc: POD, pid: POD },
            usernsOptions: { mode: NODE },
          },
        },
      },
    }],
  ];
  for (const [name, config] of cases) {
    await t.step(name, () => void check(config));
  }
});

Deno.test("checkPod() refuses the rest, and reports why", async (t) => {
  const { NODE, CONTAINER, TARGET } = NamespaceMode;
  const cases: readonly (readonly [ConfigInit | undefined, string])[] = [
    [undefined, 'Cannot use pod "": it has no metadata'],
    [{}, 'Cannot use pod "": it has no metadata'],
    [
      { metadata: { ...METADATA, name: "" } },
      'Cannot use pod "": it has no name',
    ],
    [
      { metadata: { ...METADATA, name: "a\nb" } },
      'Cannot use pod name "a?b": it has a control character',
    ],
    [
      { metadata: { ...METADATA, namespace: "a\x7f" } },
      'Cannot use pod namespace "a?": it has a control character',
    ],
    [
      { metadata: { ...METADATA, uid: "\0" } },
      'Cannot use pod UID "?": it has a control character',
    ],
    [
      { metadata: METADATA, hostname: "h\t" },
      'Cannot use host name "h?": it has a control character',
    ],
    [
      { metadata: METADATA, hostname: "h".repeat(4097) },
      `Cannot use host name "${"h".repeat(80)}": more than 4096 characters`,
    ],
    [
      { metadata: METADATA, logDirectory: "var/log" },
      'Cannot use log directory "var/log": its path is not absolute, or not ' +
      "plain",
    ],
    [
      { metadata: METADATA, logDirectory: "/var/../log" },
      'Cannot use log directory "/var/../log": its path is not absolute, or ' +
      "not plain",
    ],
    [
      { metadata: METADATA, logDirectory: "/var//log" },
      'Cannot use log directory "/var//log": its path is not absolute, or not ' +
      "plain",
    ],
    [
      { metadata: METADATA, logDirectory: "/\x01" },
      'Cannot use log directory "/?": it has a control character',
    ],
    [
      withNamespaces({ network: CONTAINER }),
      'Cannot use pod "web": its network is neither its own nor the host\'s',
    ],
    [
      withNamespaces({ network: TARGET }),
      'Cannot use pod "web": its network is neither its own nor the host\'s',
    ],
    [
      withNamespaces({ ipc: CONTAINER }),
      'Cannot use pod "web": its IPC namespace is neither its own nor the ' +
      "host's",
    ],
    ...[TARGET, Number("9")].map((pid): readonly [ConfigInit, string] => [
      withNamespaces({ pid }),
      'Cannot use pod "web": its PID namespace is neither its own, nor a ' +
      "container's each, nor the host's",
    ]),
    [
      withProtocols([0, 7]),
      'Cannot use pod "web": protocol 7 of one of its ports is unknown',
    ],
    [
      withNamespaces({ usernsOptions: create(UserNamespaceSchema, {}) }),
      "Cannot use a user namespace: expected one range of users, not 0",
    ],
    ...(["network", "ipc", "pid"] as const).map((
      name,
    ): readonly [ConfigInit, string] => [
      withNamespaces({ [name]: NODE, usernsOptions: USERS }),
      'Cannot use pod "web": with its own user namespace it cannot share the ' +
      "host's network, IPC or processes",
    ]),
  ];
  for (const [config, message] of cases) {
    await t.step(message.slice(0, 60), () => {
      const error = assertThrows(() => check(config), TypeError);
      assertEquals(error.message, message);
    });
  }
  await t.step("a runtime handler that no one has set up", () => {
    const error = assertThrows(
      () => check({ metadata: METADATA }, "k".repeat(81)),
      TypeError,
    );
    assertEquals(
      error.message,
      `Cannot use pod "web": there is no runtime handler "${
        "k".repeat(80)
      }"; ` +
        'known are "crun", "runc"',
    );
  });
});
