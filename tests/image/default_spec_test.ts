import { assert, assertEquals, assertThrows } from "@std/assert";
import type { RunDefaults } from "../../src/formats/oci/image_config.ts";
import {
  formatRuntimeSpec,
  parseRuntimeSpec,
} from "../../src/formats/oci/runtime_spec.ts";
import { DEFAULT_CAPABILITIES } from "../../src/image/capabilities.ts";
import {
  makeRuntimeSpec,
  type RuntimeSpecOptions,
} from "../../src/image/default_spec.ts";
import type { SecurityOptions } from "../../src/image/security.ts";

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
  assertThrows(() => make({ Cmd: [] }), TypeError, "the image has no command");
  assertThrows(() => make({ Cmd: [""] }), TypeError, "command is empty");
  assertThrows(() => make({}, { entrypoint: [] }), TypeError, "no command");
});

Deno.test("makeRuntimeSpec() runs no name that would write on the terminal", () => {
  // runc: exec: "/n\x1b[2J": stat /n^[[2J: no such file or directory
  for (const name of ["/n\x1b[2J", "/n\u202ex", "/n\u009b2J", "/n\nx"]) {
    const message = "name has no control characters";
    assertThrows(() => make({ Cmd: [name] }), TypeError, message);
    assertThrows(() => make({ Entrypoint: [name] }), TypeError, message);
    assertThrows(() => make({}, { args: [name] }), TypeError, message);
    assertEquals(make({ Cmd: ["a", name] }).process?.args, ["a", name]);
  }
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

Deno.test("makeRuntimeSpec() sets what podman sets", () => {
  const env = make().process?.env ?? [];
  assert(env.some((variable) => /^PATH=.*\/usr\/bin/.test(variable)));
  assertEquals(env.slice(1), [
    "TERM=xterm",
    "HOME=/root",
    "HOSTNAME=web-1",
    "container=oci",
  ]);
});

Deno.test("makeRuntimeSpec() mounts files of the bundle, but where volumes are", () => {
  const files = ["hosts", "hostname", ".containerenv"] as const;
  const volumes = [{ source: "/srv/hosts", target: "/etc/hosts" }];
  const spec = make({}, { files, volumes, readOnlyRoot: true });
  const ours = spec.mounts?.filter(({ source }) => /hos|con/.test(source ?? ""))
    .map(({ destination, source, options = [] }) =>
      [destination, source, options.includes("ro") ? "ro" : "rw"].join(" ")
    );
  assertEquals(ours, [
    "/etc/hostname hostname ro",
    "/run/.containerenv .containerenv ro",
    "/etc/hosts /srv/hosts rw",
  ]);
});

Deno.test("makeRuntimeSpec() gives rights to root alone", () => {
  const user = { uid: 33, gid: 34, additionalGids: [4], home: "/" };
  const web = make({}, { user }).process;
  assertEquals(web?.user, { uid: 33, gid: 34, umask: 18, additionalGids: [4] });
  const bounding = DEFAULT_CAPABILITIES;
  const none = { effective: [], permitted: [] };
  assertEquals(web?.capabilities, { bounding, ...none });
  const root = make().process;
  assertEquals(root?.user, { uid: 0, gid: 0, umask: 18 });
  const all = { bounding, effective: bounding, permitted: bounding };
  assertEquals(root?.capabilities, all);
});

Deno.test("makeRuntimeSpec() gives rights as the security options say", async (t) => {
  const web = { uid: 33, gid: 34, additionalGids: [], home: "/" };
  const capabilities = (options: Partial<RuntimeSpecOptions>) =>
    make({}, options).process?.capabilities ?? {};
  await t.step("to other users what is added by name", () => {
    const security = { capabilities: { add: ["net_raw"] } };
    const { bounding, ...rest } = capabilities({ user: web, security });
    const own = ["CAP_NET_RAW"];
    const all = { effective: own, permitted: own, inheritable: own };
    assertEquals(rest, { ...all, ambient: own });
    assert(bounding?.includes("CAP_NET_RAW") && bounding.length === 12);
  });
  await t.step("never more than orlop has", () => {
    const ownCapabilities = ["CAP_CHOWN", "CAP_SYS_ADMIN"];
    const security = { privileged: true };
    const { bounding, effective } = capabilities({ ownCapabilities, security });
    assertEquals([bounding, effective], [ownCapabilities, ownCapabilities]);
    assertEquals(capabilities({ ownCapabilities })["bounding"], ["CAP_CHOWN"]);
  });
  await t.step("all but those of another user, if privileged", () => {
    const security = { privileged: true };
    const { bounding, effective } = capabilities({ user: web, security });
    assertEquals([bounding?.length, effective], [41, []]);
  });
});

Deno.test("makeRuntimeSpec() hides and protects as the security options say", async (t) => {
  const usual = make().linux;
  const [masked, readonly] = [
    usual?.maskedPaths ?? [],
    usual?.readonlyPaths ?? [],
  ];
  const isElse = (path: string) => !path.startsWith("/proc/");
  const table: [string, SecurityOptions, readonly string[], number][] = [
    ["all", { unmask: ["ALL"] }, [], 0],
    ["all, in small letters", { unmask: ["all"] }, [], 0],
    ["one", { unmask: ["/proc/acpi"] }, masked.slice(1), readonly.length],
    ["a pattern", { unmask: ["/proc/*"] }, masked.filter(isElse), 0],
    [
      "a pattern of many stars",
      {
        unmask: [`${"*".repeat(50)}x`],
      },
      masked,
      readonly.length,
    ],
    ["no part of a name", { unmask: ["/proc/a"] }, masked, readonly.length],
    ["no pattern across slashes", { unmask: ["/*"] }, masked, readonly.length],
    ["more", { mask: ["/a"] }, [...masked, "/a"], readonly.length],
    ["nothing, if privileged", { privileged: true }, [], 0],
  ];
  for (const [name, security, expected, count] of table) {
    await t.step(name, () => {
      const { linux } = make({}, { security });
      assertEquals(linux?.maskedPaths, expected);
      assertEquals(linux?.readonlyPaths?.length, count);
    });
  }
});

Deno.test("makeRuntimeSpec() filters system calls unless it is told not to", async (t) => {
  const own = { defaultAction: "SCMP_ACT_LOG", architectures: [], archMap: [] };
  const seccomp = { ...own, syscalls: [] };
  const table: [string, SecurityOptions, string | undefined][] = [
    ["by default", {}, "SCMP_ACT_ERRNO"],
    ["by a profile", { seccomp }, "SCMP_ACT_LOG"],
    ["not at all", { seccomp: "unconfined" }, undefined],
    ["not if privileged", { privileged: true }, undefined],
    ["but by its own", { privileged: true, seccomp }, "SCMP_ACT_LOG"],
  ];
  for (const [name, security, expected] of table) {
    await t.step(name, () => {
      const { linux } = make({}, { security });
      assertEquals(linux?.seccomp?.defaultAction, expected);
    });
  }
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
  assertEquals(make({}, { network: "host" }).linux?.["sysctl"], {});
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
  const table: readonly [string, Partial<RuntimeSpecOptions>, string][] = [
    ["a slash in a host name", { hostname: "a/b" }, 'host name "a/b": expect'],
    ["an empty host name", { hostname: "" }, 'host name ""'],
    [
      "a relative directory",
      { workdir: "srv" },
      'Cannot use working directory "srv": it is not an absolute path',
    ],
    [
      "a relative volume",
      { volumes: [{ source: "/a", target: "b" }] },
      'Cannot use volume "b": it is not an absolute path',
    ],
    [
      "a volume from a relative path",
      { volumes: [{ source: "a", target: "/b" }] },
      'Cannot use volume "a": it is not an absolute path',
    ],
    ["a variable without a name", { env: ["=x"] }, '"=x": it has no name'],
    [
      "a variable of a megabyte",
      { env: [`=${"x".repeat(1_000_000)}`] },
      `Cannot set variable "=${"x".repeat(79)}": it has no name`,
    ],
    ["a variable with a NUL", { env: ["a=\0"] }, "it has a NUL"],
  ];
  for (const [name, options, message] of table) {
    await t.step(name, () => {
      assertThrows(() => make({}, options), TypeError, message);
    });
  }
});
