import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type ContainerConfig,
  ContainerConfigSchema,
  MountPropagation,
  NamespaceMode,
  SecurityProfile_ProfileType as ProfileType,
} from "../../../src/cri/api/api_pb.js";
import {
  type ContainerSpecOptions,
  makeContainerSpec,
} from "../../../src/cri/spec/make_container_spec.ts";
import type { PodFacts } from "../../../src/cri/spec/pod_facts.ts";
import { removeImageVolumes } from "../../../src/engine/containers/image_volumes.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import {
  addImage,
  APP,
  containerOptions,
  describeStore,
  podOptions,
  type TestRuntime,
  testRuntime,
} from "../../support/test_runtime.ts";

type Config = Exclude<
  MessageInitShape<typeof ContainerConfigSchema>,
  ContainerConfig
>;

const ID = parseContainerId("ab".repeat(32));

async function testCri(): Promise<TestRuntime & { readonly pod: PodFacts }> {
  const test = testRuntime();
  await addImage(test.agent, {
    names: [APP],
    config: {
      User: "web",
      Env: ["A=1"],
      Entrypoint: ["/srv/run"],
      Cmd: ["--port=80"],
      WorkingDir: "/srv",
      StopSignal: "SIGQUIT",
    },
    files: {
      "etc/passwd": "root:x:0:0::/root:\nweb:x:33:34::/srv/home:\n",
      "etc/group": "adm:x:4:web\n",
      "data/file": "text",
    },
  });
  await test.runtime.createPodSandbox(podOptions());
  const files = {
    resolvConf: test.dir.join("resolv.conf"),
    hostname: test.dir.join("hostname"),
    hosts: test.dir.join("hosts"),
  };
  for (const path of Object.values(files)) await Deno.writeTextFile(path, "");
  const pod: PodFacts = {
    id: parseContainerId("web-pod"),
    request: {
      podName: "web",
      hostname: "web-0",
      namespaces: { network: "pod", ipc: "pod", pid: "container" },
      cgroupParent: "/kubepods/pod1",
    },
    namespaces: { network: "/ns/net", ipc: "/ns/ipc", uts: "/ns/uts" },
    shmDirectory: "/pod/shm",
    files,
  };
  return { ...test, pod };
}

function make(
  { agent, pod }: { agent: TestRuntime["agent"]; pod: PodFacts },
  config: Config,
  options: Partial<ContainerSpecOptions> = {},
) {
  return makeContainerSpec(agent, {
    id: ID,
    sandbox: pod,
    config: create(ContainerConfigSchema, { image: { image: APP }, ...config }),
    ...options,
  });
}

Deno.test("makeContainerSpec() makes of a request what a runtime takes", async () => {
  using test = await testCri();
  const source = test.dir.join("missing/deep");
  const { process, mounts, linux, annotations, ...rest } = await make(test, {
    args: ["--port=81"],
    mounts: [{ hostPath: source, containerPath: "/v", readonly: true }],
    annotations: { "io.kubernetes.x": "1", "run.oci.handler": "wasm" },
    linux: { resources: { cpuShares: 2n, oomScoreAdj: 1000n } },
  });
  assertEquals(process?.args, ["/srv/run", "--port=81"]);
  assertEquals(process?.cwd, "/srv");
  assertEquals(process?.user, {
    ...{ uid: 33, gid: 34, umask: 0o022, additionalGids: [4, 34] },
  });
  assertEquals(process?.env?.toSorted(), [
    ...["A=1", "HOME=/srv/home", "HOSTNAME=web-0"],
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  ]);
  assertEquals(process?.["oomScoreAdj"], 1000);
  assertEquals(linux?.namespaces?.filter(({ type }) => type !== "cgroup"), [
    { type: "pid" },
    { type: "ipc", path: "/ns/ipc" },
    { type: "uts", path: "/ns/uts" },
    { type: "mount" },
    { type: "network", path: "/ns/net" },
  ]);
  assertEquals(linux?.cgroupsPath, `/kubepods/pod1/${ID}`);
  assertEquals(linux?.seccomp, undefined);
  assertEquals(rest["hostname"], undefined);
  const sourceOf = (path: string) =>
    mounts?.find(({ destination }) => destination === path)?.source;
  assertEquals(sourceOf("/v"), source);
  assertEquals(sourceOf("/dev/shm"), "/pod/shm");
  assertEquals(sourceOf("/etc/resolv.conf"), test.pod.files.resolvConf);
  assertEquals(sourceOf("/run/.containerenv"), undefined);
  assert((await Deno.stat(source)).isDirectory);
  assertEquals(annotations, {
    "org.opencontainers.image.stopSignal": "SIGQUIT",
    "io.kubernetes.x": "1",
    "io.kubernetes.cri.container-type": "container",
    "io.kubernetes.cri.sandbox-id": "web-pod",
  });
});

Deno.test("makeContainerSpec() gives the host's network with its names", async () => {
  using test = await testCri();
  const pod = { ...test.pod, namespaces: {}, shmDirectory: "/dev/shm" };
  const spec = await make({ ...test, pod }, {
    linux: {
      securityContext: {
        privileged: true,
        namespaceOptions: { pid: NamespaceMode.NODE },
        runAsUser: { value: 0n },
      },
    },
  });
  const types = spec.linux?.namespaces?.map(({ type }) => type);
  assertEquals(types?.filter((type) => type !== "cgroup"), ["mount"]);
  assertEquals(spec.hostname, undefined);
  assert(spec.process?.env?.includes(`HOSTNAME=${Deno.hostname()}`));
  assertEquals(spec.linux?.["sysctl"], {});
  assertEquals([spec.linux?.maskedPaths, spec.linux?.readonlyPaths], [[], []]);
});

Deno.test("makeContainerSpec() keeps the kubelet's groups", async (t) => {
  using test = await testCri();
  const table: [number, readonly number[]][] = [
    [0, [4, 9, 3000]],
    [1, [9, 3000]],
  ];
  for (const [supplementalGroupsPolicy, groups] of table) {
    await t.step(String(supplementalGroupsPolicy), async () => {
      const { process } = await make(test, {
        linux: {
          securityContext: {
            runAsUser: { value: 33n },
            runAsGroup: { value: 3000n },
            supplementalGroups: [9n],
            supplementalGroupsPolicy,
          },
        },
      });
      const { uid, gid, additionalGids } = process?.user ?? {};
      assertEquals([uid, gid, additionalGids], [33, 3000, groups]);
    });
  }
});

Deno.test("makeContainerSpec() follows links of the host", async () => {
  using test = await testCri();
  await Deno.mkdir(test.dir.join("real"));
  await Deno.symlink("real", test.dir.join("link"));
  const { mounts } = await make(test, {
    mounts: [
      { hostPath: test.dir.join("link"), containerPath: "/v" },
      { hostPath: "/sys", containerPath: "/host/sys" },
    ],
  });
  const sourceOf = (path: string) =>
    mounts?.find(({ destination }) => destination === path)?.source;
  assertEquals(sourceOf("/v"), test.dir.join("real"));
  assertEquals(sourceOf("/host/sys"), "/sys");
});

Deno.test("makeContainerSpec() mounts images, of which nothing is left in the end", async () => {
  using test = await testCri();
  const before = await describeStore(test.agent);
  const volume = (imageSubPath: string): Config => ({
    mounts: [
      { containerPath: "/whole", readonly: true, image: { image: APP } },
      {
        containerPath: "/part",
        readonly: true,
        image: { image: APP },
        imageSubPath,
      },
    ],
  });
  // In memory nothing is mounted: what would be there is not.
  await assertRejects(
    () => make(test, volume("data")),
    TypeError,
    'ImageVolumeMountFailed: it has no "data"',
  );
  assertEquals(await describeStore(test.agent), before);
  const { mounts } = await make(test, volume(""));
  const paths = mounts?.filter(({ destination }) =>
    ["/whole", "/part"].includes(destination)
  );
  assertEquals(
    paths?.map(({ options }) => options?.join()),
    ["rbind,rprivate,ro", "rbind,rprivate,ro"],
  );
  for (const { source = "" } of paths ?? []) {
    assert(await test.agent.mounter.isMounted(source), source);
  }
  await removeImageVolumes(test.agent, ID);
  await removeImageVolumes(test.agent, ID);
  assertEquals(await describeStore(test.agent), before);
  const isMounted = await Promise.all(
    (paths ?? []).map(({ source = "" }) =>
      test.agent.mounter.isMounted(source)
    ),
  );
  assertEquals(isMounted, [false, false]);
});

Deno.test("makeContainerSpec() refuses before anything is made", async (t) => {
  using test = await testCri();
  const hostPath = test.dir.join("new");
  const before = await describeStore(test.agent);
  const mounts = [
    { containerPath: "/v", hostPath },
    { containerPath: "/image", readonly: true, image: { image: APP } },
  ];
  const localhost = (localhostRef: string) => ({
    profileType: ProfileType.Localhost,
    localhostRef,
  });
  const large = test.dir.join("large");
  await Deno.writeTextFile(large, "");
  await Deno.truncate(large, 3e9);
  const table: [string, Config, string][] = [
    [
      "CDI",
      { CDIDevices: [{ name: "gpu" }] },
      "expected vendor.com/class=name",
    ],
    [
      "a device that was noted",
      { annotations: { "cdi.k8s.io/x": "a.b/c=d, e" } },
      'device "e": expected vendor.com/class=name',
    ],
    [
      "a user namespace",
      {
        linux: {
          securityContext: { namespaceOptions: { usernsOptions: {} } },
        },
      },
      "Cannot use a user namespace",
    ],
    [
      "a group alone",
      { linux: { securityContext: { runAsGroup: { value: 1n } } } },
      "there is no user to run as",
    ],
    [
      "processes of a pod that shares none",
      { linux: { securityContext: { namespaceOptions: {} } } },
      "Cannot share processes in the pod",
    ],
    [
      "a profile that is not there",
      { linux: { securityContext: { seccomp: localhost("/nowhere") } } },
      'Cannot use seccomp profile "/nowhere": there is no such file',
    ],
    [
      "a profile that is much too large",
      { linux: { securityContext: { seccomp: localhost(large) } } },
      `Cannot use seccomp profile "${large}": it has 3000000000 bytes`,
    ],
    [
      "a profile that is no file",
      { linux: { securityContext: { seccomp: localhost("/dev/zero") } } },
      'Cannot use seccomp profile "/dev/zero": there is no such file',
    ],
    [
      "a device that cannot be used so",
      { devices: [{ hostPath: "/dev/null", permissions: "x" }] },
      "expected some of r, w and m",
    ],
    [
      "all that a machine has for devices",
      { devices: [{ hostPath: "/", permissions: "r" }] },
      'Cannot use devices of "/": a directory of devices is below /dev',
    ],
    [
      "devices that only seem to be below /dev",
      { devices: [{ hostPath: "/dev/../usr", permissions: "r" }] },
      'Cannot use devices of "/usr": a directory',
    ],
    [
      "bytes as a variable",
      { envs: [{ key: "A", value: new Uint8Array([255]) }] },
      "its value is not UTF-8",
    ],
    [
      "a mount that cannot be",
      { mounts: [{ hostPath, containerPath: "relative" }] },
      "it is not an absolute path",
    ],
  ];
  for (const [name, config, message] of table) {
    await t.step(name, async () => {
      await assertRejects(
        () => make(test, { mounts, ...config }),
        TypeError,
        message,
      );
      await assertRejects(() => Deno.stat(hostPath), Deno.errors.NotFound);
      assertEquals(await describeStore(test.agent), before);
    });
  }
});

Deno.test("makeContainerSpec() looks at containers of its own pod that run", async (t) => {
  using test = await testCri();
  await test.runtime.createContainer(containerOptions());
  await test.runtime.createPodSandbox(podOptions({
    ...{ podName: "other", podId: "other-pod", containerName: "other" },
  }));
  const table: [string, string][] = [
    ["server", "it does not run"],
    ["other", "it is in another pod"],
    ["nobody", "no container has this name"],
    ["", "Cannot find container"],
  ];
  for (const [targetId, message] of table) {
    await t.step(targetId, async () => {
      const namespaceOptions = { pid: NamespaceMode.TARGET, targetId };
      await assertRejects(
        () => make(test, { linux: { securityContext: { namespaceOptions } } }),
        Error,
        message,
      );
    });
  }
});

Deno.test("makeContainerSpec() leaves no image mounted when it fails", async (t) => {
  using test = await testCri();
  const before = await describeStore(test.agent);
  const mounts = [{
    containerPath: "/image",
    readonly: true,
    image: { image: APP },
  }];
  const { PROPAGATION_BIDIRECTIONAL } = MountPropagation;
  const table: [string, Config, ErrorConstructor | typeof NotFoundError][] = [
    [
      "a user whom the image does not know",
      { mounts, linux: { securityContext: { runAsUsername: "nobody" } } },
      TypeError,
    ],
    [
      "an image that is not there",
      {
        mounts: [...mounts, {
          containerPath: "/other",
          readonly: true,
          image: { image: "localhost/other:1" },
        }],
      },
      NotFoundError,
    ],
    [
      "a mount that cannot travel",
      {
        mounts: [...mounts, {
          containerPath: "/v",
          hostPath: test.dir.path,
          propagation: PROPAGATION_BIDIRECTIONAL,
        }],
      },
      TypeError,
    ],
  ];
  for (const [name, config, kind] of table) {
    await t.step(name, async () => {
      await assertRejects(() => make(test, config), kind);
      assertEquals(await describeStore(test.agent), before);
    });
  }
});

Deno.test("makeContainerSpec() lists the devices of who is privileged", async () => {
  using test = await testCri();
  const { linux } = await make(test, {
    devices: [{ hostPath: "/dev/null", containerPath: "/dev/own" }],
    linux: { securityContext: { privileged: true } },
  });
  const devices = linux?.["devices"];
  assert(Array.isArray(devices));
  const paths = devices.map(({ path }) => path);
  for (const path of ["/dev/zero", "/dev/full", "/dev/own"]) {
    assert(paths.includes(path), path);
  }
  for (const path of paths) assert(!/^\/dev\/(pts|console|tty$)/.test(path));
});
