import { assertEquals } from "@std/assert";
import {
  containerColumns,
  containerFields,
  containerToJson,
  imageOf,
  statusOf,
} from "../../../src/cli/render/container_columns.ts";
import {
  describeConfig,
  describeHostConfig,
  labelsOf,
  mountsOf,
} from "../../../src/cli/render/describe_spec.ts";
import { podStatus, podToJson } from "../../../src/cli/render/pod_to_json.ts";
import { shortId } from "../../../src/cli/render/short_id.ts";
import { wrapText } from "../../../src/cli/render/wrap_text.ts";
import type { ContainerSummary } from "../../../src/engine/containers/list_containers.ts";
import { LABEL_PREFIX } from "../../../src/formats/oci/annotations.ts";
import type { RuntimeSpec } from "../../../src/formats/oci/runtime_spec.ts";
import {
  parseContainerId,
  parseImageId,
  parseLayerId,
} from "../../../src/formats/storage/store_ids.ts";

const [isWhole, isShort] = [true, false];
const SUMMARY: ContainerSummary = {
  id: parseContainerId("ab".repeat(32)),
  imageId: parseImageId("cd".repeat(32)),
  layerId: parseLayerId("ef".repeat(32)),
  ...{ names: ["web", "www"], imageName: "q.io/a:1", owner: "orlop" },
  ...{ created: "2026-01-01T00:00:00Z", mountPoint: "/m", state: "exited" },
  ...{ pid: undefined, exitCode: 7, startedAt: "2026-01-01T00:00:01Z" },
  finishedAt: undefined,
  metadata: {
    ...{ pod: false, podName: "pod", podId: "1f".repeat(32), name: "web" },
    ...{ imageName: "a", imageId: "cd".repeat(32), metadataName: "web" },
    ...{ uid: "u", namespace: "ns", attempt: 2, createdAt: 1 },
    ...{ mountLabel: "", canonicalImageName: "" },
  },
};
const SPEC: RuntimeSpec = {
  ...{ ociVersion: "1.0.0", hostname: "h" },
  root: { path: "r", readonly: true },
  process: {
    ...{ cwd: "/w", args: ["a", "b c"], env: ["X=1"], terminal: true },
    user: { uid: 1, gid: 2 },
  },
  annotations: { [`${LABEL_PREFIX}a`]: "1", other: "2" },
  mounts: [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/d", type: "bind", source: "/s", options: ["rbind", "ro"] },
    { destination: "/e", type: "none", source: "/t", options: ["bind"] },
    { destination: "/f", type: "none", options: ["unbind"] },
  ],
  linux: { namespaces: [{ type: "network" }] },
};

Deno.test("statusOf() reports what a container does", async (t) => {
  const running = {
    ...SUMMARY,
    state: "running",
    exitCode: undefined,
  } as const;
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const cases: readonly (readonly [Partial<ContainerSummary>, string])[] = [
    [{}, "Exited (7)"],
    [{ exitCode: undefined }, "Exited (unknown)"],
    [{ finishedAt: hourAgo }, "Exited (7) About an hour ago"],
    [{ ...running, startedAt: undefined }, "Up"],
    [{ ...running, startedAt: hourAgo }, "Up About an hour"],
    ...["created", "mounted", "starting", "paused", "removing", "storage"].map(
      (state) =>
        [
          { state } as Partial<ContainerSummary>,
          state.replace(/^./, (letter) => letter.toUpperCase()),
        ] as const,
    ),
  ];
  for (const [changes, text] of cases) {
    await t.step(text, () => {
      assertEquals(
        statusOf({ ...SUMMARY, ...changes }).toLowerCase(),
        text.toLowerCase(),
      );
    });
  }
});

Deno.test("containerColumns() shows owners only where there are several", () => {
  const fields = (hasOwner: boolean) =>
    containerColumns({ isWhole: false, hasOwner }).map(({ field }) => field);
  const all = [
    ...["ID", "Image", "PodName", "CreatedHuman", "Status", "Owner", "Names"],
  ];
  const [withOwner, without] = [true, false].map(fields);
  assertEquals(withOwner, all);
  assertEquals(without, all.filter((field) => field !== "Owner"));
  const columns = containerColumns({ isWhole: false, hasOwner: true });
  const shown = columns.filter(({ field }) => field !== "CreatedHuman")
    .map(({ header, text }) => `${header}: ${text(SUMMARY)}`);
  assertEquals(shown, [
    "CONTAINER ID: abababababab",
    "IMAGE: q.io/a:1",
    "POD: pod",
    "STATUS: Exited (7)",
    "OWNER: orlop",
    "NAMES: web,www",
  ]);
  assertEquals(imageOf({ ...SUMMARY, imageName: "" }), "cdcdcdcdcdcd");
});

Deno.test("containerFields() has what templates may ask for", () => {
  const fields = containerFields(isShort, () => SPEC);
  const value = (name: string) => fields[name]?.(SUMMARY);
  assertEquals(
    ["Command", "Mounts", "Networks", "Ports", "ImageID", "Pod"].map(value),
    ["a b c", "/d,/e", "", "", "cdcdcdcdcdcd", "1f1f1f1f1f1f"],
  );
  assertEquals(
    ["IsInfra", "State", "Pid", "ExitCode", "Exited", "MountPoint"].map(value),
    [false, "exited", 0, 7, true, "/m"],
  );
  const bare = containerFields(isWhole, () => undefined);
  assertEquals(bare["Command"]?.(SUMMARY), "");
  assertEquals(bare["ImageID"]?.(SUMMARY), SUMMARY.imageId);
  const none = { ...SUMMARY, metadata: undefined, exitCode: undefined };
  assertEquals(bare["Pod"]?.(none), "");
  assertEquals(bare["ExitCode"]?.(none), "");
});

Deno.test("containerToJson() and podToJson() keep their members", async (t) => {
  const json = {
    ...{ Id: SUMMARY.id, Names: ["web", "www"], Image: "q.io/a:1" },
    ...{ ImageID: SUMMARY.imageId, Layer: SUMMARY.layerId },
    ...{ Pod: "1f".repeat(32), PodName: "pod", IsInfra: false },
    ...{ CreatedAt: "2026-01-01T00:00:00Z", Created: 1767225600 },
    ...{ State: "exited", Status: "Exited (7)", Pid: 0, ExitCode: 7 },
    ...{ StartedAt: "2026-01-01T00:00:01Z", FinishedAt: null },
    ...{ MountPoint: "/m", Owner: "orlop" },
  };
  await t.step("a container's", () => {
    assertEquals(containerToJson(SUMMARY), json);
    const least: ContainerSummary = {
      ...{ ...SUMMARY, metadata: undefined, mountPoint: undefined },
      ...{ exitCode: undefined, startedAt: undefined },
    };
    assertEquals(containerToJson(least), {
      ...{ ...json, Pod: "", PodName: "", MountPoint: "" },
      ...{ Status: "Exited (unknown)", ExitCode: null, StartedAt: null },
    });
  });
  const pod = {
    ...{ id: "1f".repeat(32), name: "pod", created: SUMMARY.created },
    ...{ infra: undefined, members: [SUMMARY] },
  };
  await t.step("a pod's, without its infra container", () => {
    assertEquals(podToJson(pod), {
      ...{ Id: pod.id, Name: "pod", Namespace: "", Uid: "", Attempt: 0 },
      ...{ Created: pod.created, Status: "Exited", InfraId: "" },
      ...{ InfraContainerID: "", NumContainers: 1, Containers: [json] },
    });
  });
  await t.step("and with it", () => {
    const infra = { ...SUMMARY, names: ["infra"] };
    const { Namespace, Uid, Attempt, InfraId, NumContainers } = podToJson({
      ...{ ...pod, infra },
    });
    assertEquals([Namespace, Uid, Attempt, InfraId, NumContainers], [
      ...["ns", "u", 2, SUMMARY.id, 2],
    ]);
  });
});

Deno.test("podStatus() sums up what its containers do", async (t) => {
  const infra: ContainerSummary = { ...SUMMARY, state: "created" };
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["running running", "Running", true],
    ["running exited", "Degraded", true],
    ["exited exited", "Exited", true],
    ["exited created", "Created", true],
    ["", "Created", true],
    ["", "No infra", false],
    ["created", "No infra", false],
  ];
  for (const [states, text, hasInfra] of cases) {
    await t.step(`${states}: ${text}`, () => {
      const members = states.split(" ").filter(Boolean)
        .map((state) => ({ ...SUMMARY, state } as ContainerSummary));
      const pod = { id: "", name: "", created: "", members };
      const own = hasInfra ? infra : undefined;
      assertEquals(podStatus({ ...pod, infra: own }), text);
    });
  }
});

Deno.test("what a spec says is told as podman does", async (t) => {
  await t.step("labels, and no other annotations", () => {
    assertEquals([...labelsOf(SPEC)], [["a", "1"]]);
    assertEquals([...labelsOf(undefined)], []);
  });
  await t.step("mounts of the host's files", () => {
    const mount = { Type: "bind", Source: "/s", Destination: "/d" };
    assertEquals<unknown>(mountsOf(SPEC), [
      { ...mount, Options: ["rbind", "ro"], RW: false },
      {
        ...mount,
        Source: "/t",
        Destination: "/e",
        Options: ["bind"],
        RW: true,
      },
    ]);
    assertEquals(mountsOf(undefined), []);
  });
  await t.step("the configuration", () => {
    const { Labels: _labels, Annotations: _annotations, ...config } =
      describeConfig(SPEC);
    assertEquals(config, {
      ...{ Hostname: "h", User: "1:2", Tty: true, Env: ["X=1"] },
      ...{ Cmd: ["a", "b c"], WorkingDir: "/w" },
    });
    const { Labels: _, Annotations: __, ...least } = describeConfig(undefined);
    assertEquals(least, {
      ...{ Hostname: "", User: "0:0", Tty: false, Env: [], Cmd: [] },
      WorkingDir: "",
    });
  });
  await t.step("the host's side of it", () => {
    assertEquals(describeHostConfig(SPEC), {
      ...{ NetworkMode: "none", ReadonlyRootfs: true },
      Binds: ["/s:/d:rbind,ro", "/t:/e:bind"],
    });
    assertEquals(describeHostConfig(undefined), {
      ...{ NetworkMode: "host", ReadonlyRootfs: false, Binds: [] },
    });
  });
});

Deno.test("shortId() keeps twelve digits", () => {
  const id = "0123456789abcdef";
  assertEquals(shortId(id), "0123456789ab");
  assertEquals(shortId(`sha256:${id}`), "0123456789ab");
  assertEquals(shortId(`sha256:${id}`, isWhole), `sha256:${id}`);
});

Deno.test("wrapText() breaks between words only", async (t) => {
  const cases: readonly (readonly [string, number, string[]])[] = [
    ["", 5, [""]],
    ["ab cd", 5, ["ab cd"]],
    ["ab cd", 4, ["ab", "cd"]],
    ["abcdef g", 3, ["abcdef", "g"]],
    ["a b c d", 3, ["a b", "c d"]],
  ];
  for (const [text, width, lines] of cases) {
    await t.step(`${text} ${width}`, () => {
      assertEquals(wrapText(text, width), lines);
    });
  }
});
