import { assert, assertEquals, assertThrows } from "@std/assert";
import type { RunDefaults } from "../../src/formats/image_config.ts";
import {
  formatRuntimeSpec,
  parseRuntimeSpec,
} from "../../src/formats/runtime_spec.ts";
import {
  makeRuntimeSpec,
  type RuntimeSpecOptions,
} from "../../src/image/default_spec.ts";

const CONFIG: RunDefaults = {
  User: "",
  ExposedPorts: [],
  Env: [],
  Entrypoint: [],
  Cmd: ["sh"],
  Volumes: [],
  WorkingDir: "",
  Labels: {},
  StopSignal: "",
};

function make(
  config: Partial<RunDefaults> = {},
  options: Partial<RuntimeSpecOptions> = {},
) {
  return makeRuntimeSpec({ ...CONFIG, ...config }, {
    user: { uid: 0, gid: 0, additionalGids: [], home: "/root" },
    hostname: "web-1",
    network: "none",
    ...options,
  });
}

function mountsOf(spec: ReturnType<typeof make>): readonly string[] {
  return (spec.mounts ?? []).map(({ destination }) => destination);
}

Deno.test("makeRuntimeSpec() makes what parseRuntimeSpec() accepts", () => {
  const spec = make({ Env: ["A=b"], Labels: { c: "d" } }, { terminal: true });
  assertEquals({ ...parseRuntimeSpec(formatRuntimeSpec(spec)) }, { ...spec });
});

Deno.test("makeRuntimeSpec() joins entrypoint and command", async (t) => {
  const image = { Entrypoint: ["e", "1"], Cmd: ["c"] };
  const table: [string, Partial<RuntimeSpecOptions>, string][] = [
    ["both of the image", {}, "e 1 c"],
    ["another command", { args: ["x", "y"] }, "e 1 x y"],
    ["no other command", { args: [] }, "e 1 c"],
    ["another entrypoint", { entrypoint: ["z"] }, "z"],
    ["both given", { entrypoint: ["z"], args: ["x"] }, "z x"],
    ["no entrypoint", { entrypoint: [], args: ["x"] }, "x"],
  ];
  for (const [name, options, expected] of table) {
    await t.step(name, () => {
      const args = make(image, options).process?.args;
      assertEquals(args?.join(" "), expected);
    });
  }
});

Deno.test("makeRuntimeSpec() refuses to run nothing", () => {
  assertThrows(() => make({ Cmd: [] }), TypeError, "names no command");
  assertThrows(() => make({ Cmd: [""] }), TypeError, "command is empty");
  assertThrows(() => make({}, { entrypoint: [] }), TypeError, "no command");
});

Deno.test("makeRuntimeSpec() lets each variable count once", () => {
  const spec = make(
    { Env: ["PATH=/image", "A=1", "A=2", "EMPTY=", "HOSTNAME"] },
    { env: ["A=3", "EQUALS=a=b"], terminal: true },
  );
  assertEquals(spec.process?.env, [
    "PATH=/image",
    "TERM=xterm",
    "HOME=/root",
    "container=oci",
    "A=3",
    "EMPTY=",
    "EQUALS=a=b",
  ]);
});

Deno.test("makeRuntimeSpec() sets PATH, but TERM on terminals only", () => {
  const env = make().process?.env ?? [];
  assert(env.some((variable) => /^PATH=.*\/usr\/bin/.test(variable)));
  assert(!env.some((variable) => variable.startsWith("TERM=")));
});

Deno.test("makeRuntimeSpec() gives rights to root alone", () => {
  const user = { uid: 33, gid: 34, additionalGids: [4], home: "/" };
  const web = make({}, { user }).process;
  assertEquals(web?.user, { uid: 33, gid: 34, umask: 18, additionalGids: [4] });
  const keys = (value: unknown) => Object.keys(Object(value));
  assertEquals(keys(web?.["capabilities"]), ["bounding"]);
  const root = make().process;
  assertEquals(root?.user, { uid: 0, gid: 0, umask: 18 });
  assertEquals(keys(root?.["capabilities"]).length, 3);
});

Deno.test("makeRuntimeSpec() starts in the right directory", () => {
  assertEquals(make().process?.cwd, "/");
  assertEquals(make({ WorkingDir: "/srv/" }).process?.cwd, "/srv");
  const options = { workdir: "/tmp" };
  assertEquals(make({ WorkingDir: "/srv" }, options).process?.cwd, "/tmp");
});

Deno.test("makeRuntimeSpec() mounts parents before children", () => {
  const volumes = [
    { source: "/a", target: "/data/sub" },
    { source: "/b", target: "/data/" },
    { source: "/c", target: "/dev/shm", access: "read-only" },
  ] as const;
  const spec = make({}, { volumes });
  const mounts = mountsOf(spec);
  assert(mounts.indexOf("/data") < mounts.indexOf("/data/sub"));
  assert(mounts.indexOf("/dev") < mounts.indexOf("/dev/pts"));
  const shm = spec.mounts?.filter((one) => one.destination === "/dev/shm");
  assertEquals(shm, [{
    destination: "/dev/shm",
    type: "bind",
    source: "/c",
    options: ["rbind", "rprivate", "ro"],
  }]);
});

Deno.test("makeRuntimeSpec() has image volumes as the caller wants", () => {
  const image = { Volumes: ["/data", "/logs"] };
  assertEquals(mountsOf(make(image)), mountsOf(make()));
  const volumes = [{ source: "/srv", target: "/data" }];
  const mounts = make(image, { imageVolumes: "tmpfs", volumes }).mounts ?? [];
  const types = mounts.slice(3).flatMap(({ destination, type }) =>
    image.Volumes.includes(destination) ? [`${destination} ${type}`] : []
  );
  assertEquals(types, ["/logs tmpfs", "/data bind"]);
});

Deno.test("makeRuntimeSpec() chooses namespaces by the network", () => {
  const types = (options: Partial<RuntimeSpecOptions>) =>
    make({}, options).linux?.namespaces?.map(({ type }) => type).join(" ");
  assertEquals(types({ network: "none" }), "pid ipc uts mount network");
  assertEquals(types({ network: "host" }), "pid ipc uts mount");
  assertEquals(
    types({ network: "host", cgroupNamespace: "private" }),
    "pid ipc uts mount cgroup",
  );
  assertEquals(make({}, { network: "host" }).linux?.["sysctl"], undefined);
});

Deno.test("makeRuntimeSpec() tells the runtime what the user says, no label", async (t) => {
  const obeyed = [
    "run.oci.handler",
    "run.oci.hooks.stdin",
    "org.systemd.property.ExecStart",
    "org.criu.config",
    "io.podman.annotations.seccomp",
    "org.opencontainers.image.stopSignal",
    "org.opencontainers.image.exposedPorts",
    "harmless",
    "__proto__",
  ];
  for (const name of obeyed) {
    await t.step(name, () => {
      const Labels = JSON.parse(`{${JSON.stringify(name)}: "image"}`);
      assertEquals(make({ Labels }).annotations, {});
      const annotations = { "run.oci.handler": "user" };
      assertEquals(make({ Labels }, { annotations }).annotations, annotations);
    });
  }
  const image = { StopSignal: "SIGINT", ExposedPorts: ["80/tcp", "443/tcp"] };
  assertEquals(make(image, { annotations: { a: "mine" } }).annotations, {
    "org.opencontainers.image.stopSignal": "SIGINT",
    "org.opencontainers.image.exposedPorts": "80/tcp,443/tcp",
    a: "mine",
  });
});

Deno.test("makeRuntimeSpec() refuses what a runtime would", async (t) => {
  const table: Record<string, Partial<RuntimeSpecOptions>> = {
    "a host name with a slash": { hostname: "a/b" },
    "an empty host name": { hostname: "" },
    "a relative directory": { workdir: "srv" },
    "a relative volume": { volumes: [{ source: "/a", target: "b" }] },
    "a volume from a relative path": {
      volumes: [{ source: "a", target: "/b" }],
    },
    "a variable without a name": { env: ["=x"] },
  };
  for (const [name, options] of Object.entries(table)) {
    await t.step(name, () => {
      assertThrows(() => make({}, options), TypeError, "Cannot make runtime");
    });
  }
});
