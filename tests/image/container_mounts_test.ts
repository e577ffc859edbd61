import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  makeMounts,
  type MountOptions,
} from "../../src/image/container_mounts.ts";

type Options = Parameters<typeof makeMounts>[1];

/** The options of a mount; undefined if there is none there. */
function optionsAt(
  target: string,
  options: Options,
  Volumes: readonly string[] = [],
): string | undefined {
  const found = makeMounts({ Volumes }, options)
    .filter(({ destination }) => destination === target);
  assert(found.length < 2, target);
  return found[0]?.options?.join(",");
}

const SHM = "nosuid,noexec,nodev,mode=1777";

Deno.test("makeMounts() gives each mount its options", async (t) => {
  const volume = (more: object): Options => ({
    volumes: [{ source: "/s", target: "/t", ...more }],
  });
  const tmpfs = (...options: string[]): Options => ({
    tmpfs: [{ target: "/t", options }],
  });
  const cases: readonly (readonly [
    string,
    string,
    Options,
    string | undefined,
  ])[] = [
    ["a volume", "/t", volume({}), "rbind,rprivate,rw"],
    [
      "one to read",
      "/t",
      volume({ access: "read-only" }),
      "rbind,rprivate,ro",
    ],
    [
      "one to read with all below it",
      "/t",
      volume({ access: "all-read-only" }),
      "rbind,rprivate,rro",
    ],
    [
      "a pod's shared memory",
      "/dev/shm",
      { shmDirectory: "/run/shm" },
      "rbind,rprivate,nosuid,noexec,nodev",
    ],
    [
      "none where all of /dev is given",
      "/dev/pts",
      { volumes: [{ source: "/dev", target: "/dev" }] },
      undefined,
    ],
    ["bind alone", "/t", volume({ options: ["bind"] }), "rprivate,bind,rw"],
    ["rbind", "/t", volume({ options: ["rbind"] }), "rprivate,rbind,rw"],
    ["shared", "/t", volume({ options: ["shared"] }), "rbind,shared,rw"],
    ["rslave", "/t", volume({ options: ["rslave"] }), "rbind,rslave,rw"],
    [
      "a word that only looks so",
      "/t",
      volume({ options: ["xshared"] }),
      "rbind,rprivate,xshared,rw",
    ],
    ...["sharedx", "xprivate", "slavex", "xbind", "bindx", "rbindx"].map((
      word,
    ): [string, string, Options, string] => [
      `a volume with ${word}`,
      "/t",
      volume({ options: [word] }),
      `rbind,rprivate,${word},rw`,
    ]),
    ...[
      ...["xro", "rox", "xrw", "rwx", "xsuid", "suidx", "nosuidx"],
      ...["xdev", "devx", "xtmpcopyup", "tmpcopyupx", "xrshared", "slavex"],
    ].map((word): [string, string, Options, string] => [
      `tmpfs with ${word}`,
      "/t",
      tmpfs(word),
      `${word},rw,rprivate,nosuid,nodev,tmpcopyup`,
    ]),
    [
      "tmpfs, nosuid",
      "/t",
      tmpfs("nosuid"),
      "nosuid,rw,rprivate,nodev,tmpcopyup",
    ],
    [
      "tmpfs, nodev",
      "/t",
      tmpfs("nodev"),
      "nodev,rw,rprivate,nosuid,tmpcopyup",
    ],
    ["tmpfs, rw", "/t", tmpfs("rw"), "rw,rprivate,nosuid,nodev,tmpcopyup"],
    [
      "tmpfs, copied",
      "/t",
      tmpfs("tmpcopyup"),
      "tmpcopyup,rw,rprivate,nosuid,nodev",
    ],
    ["a file", "/etc/hosts", { files: ["hosts"] }, "bind,rprivate"],
    [
      "a file that may be written to",
      "/etc/hosts",
      { files: ["hosts"], readOnlyRoot: false },
      "bind,rprivate",
    ],
    [
      "a file of a root that may not",
      "/etc/hosts",
      { files: ["hosts"], readOnlyRoot: true },
      "bind,rprivate,ro,nosuid,nodev,noexec",
    ],
    [
      "no file where its folder is given",
      "/etc/hosts",
      { files: ["hosts"], volumes: [{ source: "/etc", target: "/etc" }] },
      undefined,
    ],
    ["tmpfs", "/t", tmpfs(), "rw,rprivate,nosuid,nodev,tmpcopyup"],
    ["tmpfs, ro", "/t", tmpfs("ro"), "ro,rprivate,nosuid,nodev,tmpcopyup"],
    ["tmpfs, suid", "/t", tmpfs("suid"), "suid,rw,rprivate,nodev,tmpcopyup"],
    ["tmpfs, dev", "/t", tmpfs("dev"), "dev,rw,rprivate,nosuid,tmpcopyup"],
    ["tmpfs, bare", "/t", tmpfs("notmpcopyup"), "rw,rprivate,nosuid,nodev"],
    [
      "tmpfs, shared",
      "/t",
      tmpfs("rshared"),
      "rshared,rw,nosuid,nodev,tmpcopyup",
    ],
    ["shared memory", "/dev/shm", {}, `${SHM},size=65536k`],
    ["more of it", "/dev/shm", { shmSize: 5 }, `${SHM},size=5`],
    ["no limit", "/dev/shm", { shmSize: 0 }, `${SHM},size=0`],
    [
      "the host's",
      "/dev/shm",
      { ipc: "host" },
      "rbind,rprivate,nosuid,noexec,nodev",
    ],
    ["none", "/dev/shm", { ipc: "none" }, undefined],
    ["/proc", "/proc", {}, "nosuid,noexec,nodev"],
    ["/proc with others", "/proc", { procOptions: ["ro"] }, "ro"],
    ["/sys", "/sys", {}, "nosuid,noexec,nodev,ro"],
    [
      "/sys to write",
      "/sys",
      { privileged: true },
      "nosuid,noexec,nodev,rw",
    ],
    [
      "cgroups to write",
      "/sys/fs/cgroup",
      { privileged: true },
      "nosuid,noexec,nodev,relatime,rw",
    ],
  ];
  for (const [name, target, options, expected] of cases) {
    await t.step(name, () => {
      assertEquals(optionsAt(target, options), expected);
    });
  }
});

Deno.test("makeMounts() maps the users of a volume, and of no other", () => {
  const volume = {
    ...{ source: "/s/../s", target: "/t" },
    users: {
      uids: { first: 100_000, count: 65_536 },
      gids: { first: 200_000, count: 1000 },
    },
  };
  const volumes = [volume, { source: "/s", target: "/u" }];
  const found = makeMounts({ Volumes: [] }, { volumes })
    .filter(({ source }) => source === "/s");
  const bound = {
    type: "bind",
    source: "/s",
    options: ["rbind", "rprivate", "rw"],
  };
  assertEquals(found, [
    {
      ...bound,
      destination: "/t",
      uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      gidMappings: [{ containerID: 0, hostID: 200_000, size: 1000 }],
    },
    { ...bound, destination: "/u" },
  ]);
});

Deno.test("makeMounts() puts an image's volumes into the layer or into memory", () => {
  const volumes = ["/v", "/data/", "/t"];
  const target = [{ source: "/s", target: "/t" }];
  const of = (imageVolumes: MountOptions["imageVolumes"]) =>
    ["/v", "/data", "/t"].map((path) =>
      optionsAt(path, { imageVolumes, volumes: target }, volumes)
    );
  const own = "nosuid,nodev,mode=1777,tmpcopyup";
  const bound = "rbind,rprivate,rw";
  assertEquals(of("tmpfs"), [own, own, bound]);
  assertEquals(of("layer"), [undefined, undefined, bound]);
  assertEquals(of(undefined), [undefined, undefined, bound]);
});

Deno.test("makeMounts() mounts parents before children", () => {
  const targets = ["/a/b/c", "/a", "/dev/shm/x", "/proc/x", "/a/b"];
  const volumes = targets.map((target) => ({ source: "/s", target }));
  const found = makeMounts({ Volumes: [] }, { volumes })
    .map(({ destination }) => destination);
  for (const path of found) {
    const above = found.filter((other) => path.startsWith(`${other}/`));
    for (const other of above) {
      assert(found.indexOf(other) < found.indexOf(path), path);
    }
  }
  for (const target of targets) assert(found.includes(target), target);
});

Deno.test("makeMounts() refuses contradictory requests", async (t) => {
  const two = (...volumes: NonNullable<MountOptions["volumes"]>) => ({
    volumes,
  });
  const one = { source: "/s", target: "/t" };
  const cases: readonly (readonly [string, Options, string])[] = [
    ["two sources", two(one, { ...one, source: "/x" }), "two different mounts"],
    [
      "two spellings of a target",
      two(one, { source: "/x", target: "/a/../t/" }),
      'Cannot mount "/t": two different mounts have this target',
    ],
    [
      "two accesses",
      two(one, { ...one, access: "read-only" }),
      "two different mounts",
    ],
    [
      "and a tmpfs",
      { ...two(one), tmpfs: [{ target: "/t" }] },
      "two different",
    ],
    ["the root", two({ ...one, target: "/" }), "a container's root is its"],
    ["the root, spelled", two({ ...one, target: "/a/.." }), "root is its"],
    ["a tmpfs as root", { tmpfs: [{ target: "//" }] }, "root is its image's"],
    ["a relative target", two({ ...one, target: "t" }), "not an absolute path"],
    ["a relative source", two({ ...one, source: "s" }), "not an absolute path"],
    ["a NUL", two({ ...one, source: "/s\0" }), "not an absolute path"],
  ];
  for (const [name, options, why] of cases) {
    await t.step(name, () => {
      assertThrows(() => makeMounts({ Volumes: [] }, options), TypeError, why);
    });
  }
  await t.step("but not the same twice", () => {
    assertEquals(optionsAt("/t", two(one, one)), "rbind,rprivate,rw");
  });
});
