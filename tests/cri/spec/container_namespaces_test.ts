import { assertEquals, assertThrows } from "@std/assert";
import { NamespaceMode, Signal } from "../../../src/cri/api/api_pb.js";
import { namespaceSettings } from "../../../src/cri/spec/container_namespaces.ts";
import type { PodFacts } from "../../../src/cri/spec/pod_facts.ts";
import { signalName } from "../../../src/cri/spec/stop_signal.ts";
import type {
  NamespacePaths,
  SandboxNamespaces,
} from "../../../src/engine/sandboxes/sandbox.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";

const ALL: NamespacePaths = {
  ...{ network: "/n/net", ipc: "/n/ipc", uts: "/n/uts", pid: "/n/pid" },
};

function pod(
  namespaces: NamespacePaths,
  pid: SandboxNamespaces["pid"] = "pod",
): PodFacts {
  return {
    id: parseContainerId("ab".repeat(32)),
    namespaces,
    shmDirectory: "/shm",
    files: { resolvConf: "/r", hostname: "/h", hosts: "/o" },
    request: {
      ...{ podName: "p", hostname: "h" },
      namespaces: { network: "pod", ipc: "pod", pid },
    },
  };
}

Deno.test("namespaceSettings() joins what the pod has of its own", () => {
  const nothing = { options: undefined, targetPid: undefined };
  assertEquals(namespaceSettings(pod(ALL), nothing), {
    network: { path: "/n/net" },
    ipc: { path: "/n/ipc" },
    uts: { path: "/n/uts" },
    pid: { path: "/n/pid" },
    userNamespace: undefined,
    shmDirectory: "/shm",
  });
  const withUsers = pod({ ...ALL, user: "/n/user" });
  assertEquals(
    namespaceSettings(withUsers, nothing).userNamespace,
    { path: "/n/user" },
  );
  assertEquals(namespaceSettings(pod({}, "node"), nothing), {
    ...{ network: "host", ipc: "host", uts: "host", pid: "host" },
    userNamespace: undefined,
    shmDirectory: "/shm",
  });
  const { pid } = namespaceSettings(pod({}, "container"), nothing);
  assertEquals(pid, "private");
});

Deno.test("namespaceSettings() shares processes as is asked for", async (t) => {
  const { POD, CONTAINER, NODE, TARGET } = NamespaceMode;
  const settings = (
    mode: NamespaceMode,
    { facts = pod(ALL, "node"), targetPid }: {
      readonly facts?: PodFacts;
      readonly targetPid?: number;
    } = {},
  ) =>
    namespaceSettings(facts, {
      options: { pid: mode, targetId: "other" },
      targetPid,
    }).pid;
  const cases: readonly (readonly [string, () => unknown, unknown])[] = [
    ["the host's", () => settings(NODE), "host"],
    ["its own", () => settings(CONTAINER), "private"],
    ["the pod's", () => settings(POD), { path: "/n/pid" }],
    ["another container's", () => settings(TARGET, { targetPid: 7 }), {
      path: "/proc/7/ns/pid",
    }],
  ];
  for (const [name, read, expected] of cases) {
    await t.step(name, () => assertEquals(read(), expected));
  }
  const refused: readonly (readonly [() => unknown, string])[] = [
    [
      () => settings(TARGET),
      'Cannot share processes with container "other": it does not run',
    ],
    [
      () => settings(POD, { facts: pod({}) }),
      "Cannot share processes in the pod: it was created without; each of its " +
      "containers has its own",
    ],
    [
      // A kubelet of the future may send any number.
      () => settings(Number("9")),
      "Cannot share processes: mode 9 is unknown",
    ],
  ];
  for (const [read, message] of refused) {
    await t.step(message, () => {
      assertEquals(assertThrows(read, TypeError).message, message);
    });
  }
});

Deno.test("signalName() names signals as kill(1) does", () => {
  assertEquals(signalName(Signal.RUNTIME_DEFAULT), undefined);
  assertEquals(signalName(Signal.SIGTERM), "SIGTERM");
  assertEquals(signalName(Signal.SIGRTMIN), "SIGRTMIN");
  assertEquals(signalName(Signal.SIGRTMINPLUS3), "SIGRTMIN+3");
  assertEquals(signalName(Signal.SIGRTMAXMINUS10), "SIGRTMAX-10");
  const error = assertThrows(() => signalName(Number("999")), TypeError);
  assertEquals(error.message, "Cannot use stop signal 999: it is unknown");
});
