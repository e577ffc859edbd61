/** Requests of chance: each is refused in words, or made into what runtimes take. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assert, assertEquals } from "@std/assert";
import {
  type ContainerConfig,
  ContainerConfigSchema,
} from "../../../src/cri/api/api_pb.js";
import { makeContainerSpec } from "../../../src/cri/spec/make_container_spec.ts";
import type { PodFacts } from "../../../src/cri/spec/pod_facts.ts";
import type { Agent } from "../../../src/engine/agent.ts";
import { removeImageVolumes } from "../../../src/engine/containers/image_volumes.ts";
import { categoryOf } from "../../../src/errors/category.ts";
import {
  formatRuntimeSpec,
  parseRuntimeSpec,
} from "../../../src/formats/oci/runtime_spec.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { seededRandom } from "../../support/seeded.ts";
import {
  addImage,
  APP,
  podOptions,
  testRuntime,
} from "../../support/test_runtime.ts";

const ROUNDS = 400 * Number(Deno.env.get("ORLOP_FUZZ") ?? 1);
const ID = parseContainerId("cd".repeat(32));
const TEXTS = [
  ...["", "a", "/", "..", "/..", "a\0b", "\u202e", "x".repeat(5000), "/a/../b"],
  ...["ALL", "CAP_NET_ADMIN", "1", "-1", "\ud800", "__proto__", "constructor"],
  ...["a=b", "/dev/null", "root", "web", "0-1", "runtime/default", "${X}"],
  ...["localhost/x", "2MB", "memory.high", "\n", "%s", "spc_t"],
];
const NUMBERS = [
  ...[0n, 1n, -1n, 1n << 62n, -(1n << 62n), 1000n, 4294967295n, 4294967296n],
  ...[9007199254740993n],
];

/** Makes requests, of which about each third is not refused at once. */
function makeRequests(random: () => number, hostPath: string) {
  const pick = <T>(all: readonly T[], fallback: T) =>
    all[Math.floor(random() * all.length)] ?? fallback;
  const text = () => pick(TEXTS, "");
  const rarely = (share = 0.1) => random() < share ? text() : "";
  const number = () => pick(NUMBERS, 0n);
  const list = <T>(make: () => T, share = 0.2) =>
    random() < share ? [make(), make()] : [];
  const kind = () => pick([0, 0, 0, 1, 2, 7, -1], 0);
  return (): MessageInitShape<typeof ContainerConfigSchema> => ({
    image: { image: APP },
    command: list(text),
    args: list(text),
    workingDir: rarely(),
    envs: list(() => ({
      key: text(),
      value: new TextEncoder().encode(text()),
    })),
    mounts: list(() => ({
      containerPath: pick(["/v", text()], ""),
      hostPath: random() < 0.7 ? hostPath : "",
      readonly: random() < 0.5,
      recursiveReadOnly: random() < 0.2,
      propagation: kind(),
      imageSubPath: rarely(),
      mountOptions: list(text),
      image: { image: random() < 0.3 ? pick([APP, text()], "") : "" },
    })),
    devices: list(() => ({
      hostPath: pick(["/dev/null", text()], ""),
      containerPath: text(),
      permissions: pick(["r", "rwm", text()], ""),
    }), 0.1),
    annotations: { [text()]: text() },
    tty: random() < 0.5,
    linux: {
      resources: {
        cpuPeriod: number(),
        cpuQuota: number(),
        cpuShares: number(),
        memoryLimitInBytes: number(),
        memorySwapLimitInBytes: number(),
        oomScoreAdj: random() < 0.1 ? number() : 1000n,
        cpusetCpus: rarely(),
        cpusetMems: rarely(),
        unified: random() < 0.1 ? { [text()]: text() } : {},
        hugepageLimits: list(() => ({ pageSize: text(), limit: 0n }), 0.1),
      },
      securityContext: {
        privileged: random() < 0.1,
        ...random() < 0.2 && { runAsUser: { value: number() } },
        ...random() < 0.1 && { runAsGroup: { value: number() } },
        runAsUsername: rarely(),
        supplementalGroups: list(number, 0.1),
        supplementalGroupsPolicy: kind(),
        capabilities: {
          addCapabilities: list(text, 0.1),
          dropCapabilities: list(text, 0.1),
          addAmbientCapabilities: list(text, 0.1),
        },
        maskedPaths: list(text, 0.1),
        readonlyPaths: list(text, 0.1),
        seccomp: { profileType: kind(), localhostRef: text() },
        apparmorProfile: rarely(),
        selinuxOptions: { user: text(), type: text() },
        ...random() < 0.1 &&
          { namespaceOptions: { pid: kind(), targetId: text() } },
      },
    },
  });
}

Deno.test("makeContainerSpec() answers whatever is asked for", async () => {
  using test = testRuntime();
  const { agent, dir } = test;
  await addImage(agent, {
    names: [APP],
    config: { Entrypoint: ["/a"] },
    files: { "etc/passwd": "web:x:1:2::/:\n" },
  });
  await test.runtime.createPodSandbox(podOptions());
  const before = await listContainers(agent);
  const path = dir.path;
  const sandbox: PodFacts = {
    id: parseContainerId("web-pod"),
    request: {
      podName: "web",
      hostname: "web",
      namespaces: { network: "pod", ipc: "pod", pid: "container" },
    },
    namespaces: { network: "/n", ipc: "/i", uts: "/u" },
    shmDirectory: path,
    files: { resolvConf: path, hostname: path, hosts: path },
  };
  const next = makeRequests(seededRandom("requests"), path);
  let made = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const config: ContainerConfig = create(ContainerConfigSchema, next());
    const shown = JSON.stringify(
      config,
      (_, value) => typeof value === "bigint" ? String(value) : value,
    );
    try {
      const spec = await makeContainerSpec(agent, { id: ID, sandbox, config });
      parseRuntimeSpec(formatRuntimeSpec(spec));
      made++;
    } catch (error) {
      assert(error instanceof Error && /^Cannot /.test(error.message), shown);
      const isRefused = error instanceof TypeError ||
        ["not found", "invalid"].includes(categoryOf(error));
      assert(isRefused, `${error} ${shown}`);
    }
    await removeImageVolumes(agent, ID);
    assertEquals(await listContainers(agent), before, shown);
  }
  assert(made > 0);
});

async function listContainers({ store }: Agent): Promise<unknown> {
  using held = await store.lock({ containers: "read" });
  return held.containers.records;
}
