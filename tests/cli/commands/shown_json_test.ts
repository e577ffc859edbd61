/** Everything that commands tell as JSON, member by member. */

import { assert, assertEquals } from "@std/assert";
import { type CliStore, cliStore } from "../../support/cli_store.ts";

type Json = Record<string, unknown>;

async function first(store: CliStore, line: string): Promise<Json> {
  const [one] = await store.json<readonly Json[]>(line);
  assert(one !== undefined);
  return one;
}

const FLAGS = [
  ...["--env A=1", "--workdir /", "--user 5:6", "--memory 64m"],
  ...["--cpus 1.5", "--pids-limit 10", "--read-only", "--hostname h"],
  ...["--cap-add NET_ADMIN", "--cap-drop CHOWN", "--tmpfs /t:size=1m"],
  ...["--volume /tmp:/m:ro", "--ulimit nofile=5:6", "--stop-signal HUP"],
  ...["--annotation a=b", "--label l=v", "--entrypoint /e"],
].join(" ");

Deno.test("ps and container inspect tell the same of a container, and more", async (t) => {
  using store = await cliStore();
  const { containerId, imageId, test } = store;
  const { root, runRoot } = test.agent.store.paths;
  const listed = await first(store, "ps --filter name=server --format json");
  const { Layer, CreatedAt, ...rest } = listed;
  const seconds = Math.floor(Date.parse(String(CreatedAt)) / 1000);
  assert(/^[0-9a-f]{64}$/.test(String(Layer)));
  assertEquals(rest, {
    ...{ Id: containerId, Names: ["server"], Image: "localhost/app:1" },
    ...{ ImageID: imageId, Pod: "web-pod", PodName: "web", IsInfra: false },
    ...{ Created: seconds, State: "created", Status: "Created", Pid: 0 },
    ...{ ExitCode: null, StartedAt: null, FinishedAt: null },
    ...{ MountPoint: "", Owner: "orlop" },
  });
  const known = await first(store, "container inspect server");
  const { Template, ...told } = known;
  const shown = containerId.slice(0, 12);
  const mount = (name: string, target: string) => ({
    ...{ Type: "bind", Source: name, Destination: target, RW: true },
    Options: ["bind", "rprivate"],
  });
  const mounts = [
    mount("hosts", "/etc/hosts"),
    mount("hostname", "/etc/hostname"),
    mount(".containerenv", "/run/.containerenv"),
  ];
  await t.step("by name", () => {
    assertEquals(told, {
      ...{ ...rest, Layer, CreatedAt, Created: CreatedAt },
      State: {
        ...{ Status: "created", Running: false, Paused: false, Pid: 0 },
        ...{ ExitCode: null, StartedAt: null, FinishedAt: null },
      },
      ...{ Name: "server", ImageName: "localhost/app:1", Path: "/bin/app" },
      ...{ Args: [], Differences: [] },
      Config: {
        ...{ Hostname: shown, User: "0:0", Tty: false, WorkingDir: "/" },
        Env: [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          ...["TERM=xterm", "HOME=/", `HOSTNAME=${shown}`, "container=oci"],
        ],
        ...{ Cmd: ["/bin/app"], Labels: {}, Annotations: {} },
      },
      HostConfig: {
        ...{ NetworkMode: "none", ReadonlyRootfs: false },
        Binds: mounts.map(({ Source, Destination }) =>
          `${Source}:${Destination}:bind,rprivate`
        ),
      },
      Mounts: mounts,
      WorkDir: `${root}/overlay-containers/${containerId}/userdata`,
      RunDir: `${runRoot}/overlay-containers/${containerId}/userdata`,
      Metadata: {
        ...{ pod: false, podName: "web", podId: "web-pod", imageId },
        ...{ imageName: "localhost/app:1", name: "server", uid: "" },
        ...{ metadataName: "server", namespace: "", attempt: 0 },
        ...{ createdAt: seconds, mountLabel: "" },
        canonicalImageName: "localhost/app:1",
      },
    });
    assertEquals((Template as Json)["hostname"], shown);
  });
  await t.step("as it was created", async () => {
    const { code, out: [id = ""] } = await store.orlop(
      `container create --pod web --name full ${FLAGS} localhost/app:1 x y`,
    );
    assertEquals(code, 0);
    const full = await first(store, "container inspect full");
    const { Config, HostConfig, Mounts, Path, Args, Template: spec } = full;
    assertEquals([full["Id"], Path, Args], [id, "/e", ["x", "y"]]);
    assertEquals(Config, {
      ...{ Hostname: "h", User: "5:6", Tty: false, WorkingDir: "/" },
      Env: [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ...["TERM=xterm", "HOME=/", "HOSTNAME=h", "container=oci", "A=1"],
      ],
      Cmd: ["/e", "x", "y"],
      Labels: { l: "v" },
      Annotations: {
        ...{ a: "b", "orlop.label/l": "v" },
        "org.opencontainers.image.stopSignal": "HUP",
      },
    });
    const { Binds, ...host } = HostConfig as Json;
    assertEquals(host, { NetworkMode: "none", ReadonlyRootfs: true });
    const binds = Binds as readonly string[];
    assertEquals(binds[0], "/tmp:/m:rbind,rprivate,ro");
    const places = (Mounts as readonly Json[])
      .map(({ Destination, RW }) => [Destination, RW]);
    assertEquals(places, [
      ...[["/m", false], ["/etc/hosts", false], ["/etc/hostname", false]],
    ]);
    const { process, linux } = spec as { process: Json; linux: Json };
    const [limit] = process["rlimits"] as readonly Json[];
    assertEquals(limit, { type: "RLIMIT_NOFILE", hard: 6, soft: 5 });
    const { bounding } = process["capabilities"] as { bounding: string[] };
    assert(bounding.includes("CAP_NET_ADMIN"));
    assert(!bounding.includes("CAP_CHOWN"));
    const { cpu, memory, pids } = linux["resources"] as Json;
    assertEquals([cpu, memory, pids], [
      { period: 100_000, quota: 150_000 },
      { limit: 67_108_864, swap: 134_217_728 },
      { limit: 10 },
    ]);
  });
});

Deno.test("images and image inspect tell the same of an image, and more", async () => {
  using store = await cliStore();
  const { imageId, test } = store;
  const listed = await first(store, "images --format json");
  const { Digest, LastUsed, Layers, ...rest } = listed;
  const [layer] = Layers as readonly string[];
  const names = ["localhost/app:1"];
  assert(!Number.isNaN(Date.parse(String(LastUsed))));
  const CreatedAt = "2026-01-02T03:04:05Z";
  assertEquals(rest, {
    ...{ Id: imageId, Names: names, RepoTags: names },
    ...{ RepoDigests: [`localhost/app@${Digest}`], CreatedAt, Size: 983 },
    ...{ Created: Date.parse(CreatedAt) / 1000, Containers: 2, Pinned: false },
    UsedBy: ["web-infra", "server"],
  });
  const told = await first(store, "image inspect localhost/app:1");
  const { Manifest, ...known } = told;
  const part = `${test.agent.store.paths.root}/overlay/${layer}`;
  assertEquals(known, {
    ...{ ...rest, Digest, LastUsed, Layers, Created: CreatedAt },
    ...{ Parent: "", Comment: "", Author: "", Architecture: "amd64" },
    ...{ Os: "linux", Variant: "", VirtualSize: 983, User: "", Labels: {} },
    ...{ Annotations: {}, History: [], NamesHistory: names },
    ManifestType: "application/vnd.oci.image.manifest.v1+json",
    Config: {
      ...{ User: "", ExposedPorts: {}, Env: [], Entrypoint: [] },
      ...{ Cmd: ["/bin/app"], Volumes: {}, WorkingDir: "", Labels: {} },
      StopSignal: "",
    },
    RootFS: { Type: "layers", Layers: [`sha256:${layer}`] },
    GraphDriver: {
      Name: "overlay",
      Data: { UpperDir: `${part}/diff`, WorkDir: `${part}/work` },
    },
  });
  const { config, schemaVersion } = Manifest as Json;
  assertEquals([(config as Json)["digest"], schemaVersion], [
    ...[`sha256:${imageId}`, 2],
  ]);
});
