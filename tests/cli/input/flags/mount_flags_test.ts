import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  readMount,
  readTmpfs,
  readVolume,
} from "../../../../src/cli/input/flags/mount_flags.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";
import type { RuntimeMount } from "../../../../src/formats/oci/runtime_spec.ts";
import { refusalOf, specOf } from "../../../support/flags_to_spec.ts";

/** A mount in one line: `source -> options`. */
function mountAt(typed: string, target: string): string | undefined {
  const mount = specOf(typed.split(" ")).mounts
    ?.find(({ destination }) => destination === target);
  return mount && inWords(mount);
}

function inWords({ source, options = [] }: RuntimeMount): string {
  return `${source} ${options.toSorted().join(",")}`;
}

const RW = "/s rbind,rprivate,rw";
const RO = "/s rbind,ro,rprivate";
const TMPFS = "tmpfs nodev,nosuid,rprivate,rw,tmpcopyup";

Deno.test("--volume mounts as podman's does", async (t) => {
  const cwd = Deno.cwd();
  const table: [string, string, string?][] = [
    ["/s:/d", RW],
    ["/s:/d:rw", RW],
    ["/s:/d:ro", RO],
    ["/s:/d:z", RW],
    ["/s:/d:Z,ro", RO],
    ["/s:/d:cached", RW],
    ["/s:/d:nocopy", RW],
    ["./s:/d", `${cwd}/s rbind,rprivate,rw`],
    [".:/d", `${cwd} rbind,rprivate,rw`],
    ["/a/../s/:/d", RW],
    ["/s:/d/", RW],
    ["/s:/a/../../d", RW],
    ["/s:/d:bind", "/s bind,rprivate,rw"],
    ["/s:/d:rshared", "/s rbind,rshared,rw"],
    ["/s:/d:slave", "/s rbind,rw,slave"],
    ["/s:/d:unbindable", "/s rbind,rw,unbindable"],
    ["/s:/d:nosuid,nodev,noexec", "/s nodev,noexec,nosuid,rbind,rprivate,rw"],
    ["/s:/d:exec,dev,suid", "/s dev,exec,rbind,rprivate,rw,suid"],
    ["/s:/dev/shm", RW, "/dev/shm"],
    ["/s:/proc", RW, "/proc"],
  ];
  for (const [typed, expected, target = "/d"] of table) {
    await t.step(typed, () => {
      assertEquals(mountAt(`-v ${typed}`, target), expected);
    });
  }
});

Deno.test("--mount mounts as podman's does", async (t) => {
  const cwd = Deno.cwd();
  const table: [string, string][] = [
    ["type=bind,src=/s,dst=/d", RW],
    ["type=bind,source=/s,destination=/d,ro", RO],
    ["type=bind,src=/s,target=/d,readonly=true", RO],
    ["type=bind,src=/s,target=/d,ro=false", RW],
    ["type=bind,src=/s,target=/d,rw=false", RO],
    ["type=bind,src=s,dst=/d", `${cwd}/s rbind,rprivate,rw`],
    ["type=bind,dst=/d", "/d rbind,rprivate,rw"],
    ["dst=/d,src=/s,type=bind", RW],
    ["type=bind,src=/s,dst=/x,dst=/d", RW],
    ['type=bind,"src=/s",dst=/d', RW],
    ["type=bind,src=/s,dst=/d,bind-propagation=rslave", "/s rbind,rslave,rw"],
    ["type=bind,src=/s,dst=/d,private", "/s private,rbind,rw"],
    ["type=bind,src=/s,dst=/d,bind-nonrecursive", "/s bind,rprivate,rw"],
    ["type=bind,src=/s,dst=/d,relabel=shared", RW],
    ["type=bind,src=/s,dst=/d,consistency=cached", RW],
    ["type=bind,src=/s,dst=/d,U=false", RW],
    ["type=tmpfs,dst=/d", TMPFS],
    ["type=tmpfs,dst=/d,ro", TMPFS.replace("rprivate,rw", "ro,rprivate")],
    ["type=tmpfs,dst=/d,notmpcopyup", TMPFS.replace(",tmpcopyup", "")],
    [
      "type=tmpfs,dst=/d,tmpfs-size=1m,tmpfs-mode=755",
      "tmpfs mode=755,nodev,nosuid,rprivate,rw,size=1m,tmpcopyup",
    ],
  ];
  for (const [typed, expected] of table) {
    await t.step(typed, () => {
      assertEquals(mountAt(`--mount ${typed}`, "/d"), expected);
    });
  }
});

Deno.test("--tmpfs mounts as podman's does", async (t) => {
  const table: [string, string][] = [
    ["/d", TMPFS],
    ["/d:rw", TMPFS],
    ["/d:ro", TMPFS.replace("rprivate,rw", "ro,rprivate")],
    ["/d:size=64k", TMPFS.replace("rw,", "rw,size=64k,")],
    ["/d:size=50%", TMPFS.replace("rw,", "rw,size=50%,")],
    ["/d:mode=0700", `tmpfs mode=0700,${TMPFS.slice("tmpfs ".length)}`],
    ["/d:exec", TMPFS.replace("nodev", "exec,nodev")],
    ["/d:suid,dev", "tmpfs dev,rprivate,rw,suid,tmpcopyup"],
    ["/d:notmpcopyup", TMPFS.replace(",tmpcopyup", "")],
  ];
  for (const [typed, expected] of table) {
    await t.step(typed, () => {
      assertEquals(mountAt(`--tmpfs ${typed}`, "/d"), expected);
    });
  }
});

Deno.test("mounts reach the host only if they are asked to", () => {
  const propagation = (typed: string) =>
    specOf(typed.split(" ")).linux?.["rootfsPropagation"];
  assertEquals(propagation("-v /s:/d"), undefined);
  assertEquals(propagation("-v /s:/d:rshared"), "shared");
  assertEquals(propagation("-v /s:/d:rslave"), "rslave");
  assertEquals(propagation("-v /s:/d:slave -v /s:/e:shared"), "shared");
});

Deno.test("the size of /dev/shm is what is asked for", () => {
  const options = (typed: string) => mountAt(typed, "/dev/shm");
  const rest = "shm mode=1777,nodev,noexec,nosuid";
  assertEquals(options("--tty"), `${rest},size=65536k`);
  assertEquals(options("--shm-size=1m"), `${rest},size=1048576`);
  assertEquals(options("--shm-size=0"), `${rest},size=0`);
  assertEquals(options("--ipc=none"), undefined);
  const host = "/dev/shm nodev,noexec,nosuid,rbind,rprivate";
  assertEquals(options("--ipc=host"), host);
});

Deno.test("a read-only container has places in memory", () => {
  const places = (typed: string) => {
    const { root, mounts = [] } = specOf(typed.split(" "));
    const inMemory = mounts.filter(({ source }) => source === "tmpfs");
    const targets = inMemory.map(({ destination }) => destination);
    return [
      root?.readonly,
      ...targets.filter((path) => path !== "/dev").toSorted(),
    ];
  };
  const all = ["/run", "/tmp", "/var/tmp"];
  assertEquals(places("--tty"), [false]);
  assertEquals(places("--read-only"), [true, ...all]);
  assertEquals(places("--read-only --read-only-tmpfs=false"), [true]);
  assertEquals(places("--read-only --tmpfs /tmp:ro"), [true, ...all]);
  assertEquals(places("--read-only -v /s:/tmp"), [true, "/run", "/var/tmp"]);
});

Deno.test("devices are found, and let in as they are asked for", () => {
  const { linux } = specOf(["--device=/dev/null:/dev/foo:r"]);
  const numbers = { type: "c", major: 1, minor: 3 };
  const [node] = Object(linux?.["devices"]);
  assertEquals({ ...node, fileMode: 0 }, {
    ...numbers,
    path: "/dev/foo",
    fileMode: 0,
    uid: 0,
    gid: 0,
  });
  assertEquals(linux?.resources?.["devices"], [
    { allow: false, access: "rwm" },
    { allow: true, ...numbers, access: "r" },
  ]);
  const twice = specOf(["--device=/dev/null,/dev/zero:rw"]).linux;
  const paths = Array.from(
    Object(twice?.["devices"]),
    (one) => Object(one).path,
  );
  assertEquals(paths, ["/dev/null", "/dev/zero"]);
});

Deno.test("mounts that make no sense are refused", async (t) => {
  const exclude = "exclude each other";
  const table: [string, string][] = [
    ["-v data:/d", "no named volumes; write a path, such as ./data"],
    ["-v /d", "write SOURCE:TARGET"],
    ["-v :/d", "write SOURCE:TARGET"],
    ["-v /s:", "the target is missing"],
    ["-v /s:d", 'target "d" is not absolute'],
    ["-v /s:/", "a container's root is its image's"],
    ["-v /s:/a/..", "a container's root is its image's"],
    ["-v /s:/d:ro:z", "write SOURCE:TARGET"],
    ["-v /s:/d:", 'no option ""'],
    ["-v /s:/d:rx", 'no option "rx"'],
    ["-v /s:/d:ro,rw", `"ro,rw" ${exclude}`],
    ["-v /s:/d:ro,ro", exclude],
    ["-v /s:/d:z,Z", exclude],
    ["-v /s:/d:shared,rslave", exclude],
    ["-v /s:/d:rbind,bind", exclude],
    ["-v /s:/d:suid,nosuid", exclude],
    ["-v /s:/d:U", "use chown"],
    ["-v /s:/d:O", "no overlays"],
    ["-v /s:/d:idmap", "maps no user IDs"],
    ["-v /s:/d:size=1m", 'no option "size=1m"'],
    ["-v /s:/d -v /t:/d", "two different mounts"],
    ["-v /s:/d -v /s:/d/:ro", "two different mounts"],
    ["-v /s:/d --tmpfs /d", "two different mounts"],
    ["--tmpfs /d --mount type=tmpfs,dst=/d,ro", "two different mounts"],
    ["-v /s:/d:dev,nodev", exclude],
    ["-v /s:/d:exec,noexec", exclude],
    ["-v /s:/d:copy,nocopy", exclude],
    ["--tmpfs /d:tmpcopyup,notmpcopyup", exclude],
    ["--tmpfs /d:size=1,size=2", exclude],
    ["--tmpfs /d:mode=1,mode=2", exclude],
    ["--tmpfs :ro", "the target is missing"],
    ["--tmpfs /d:size=", '"size=" is no size, such as size=64m'],
    ["--tmpfs /d:size=1mm", "is no size"],
    ["--tmpfs /d:mode=", '"mode=" is no mode, such as mode=0755'],
    ["--tmpfs /d:mode=123456", "is no mode"],
    ["--mount type=bind,src,dst=/d", "the source is empty"],
    ["--mount type=bind,src=/s,dst", "the target is missing"],
    ["--mount type=bind,src=/s,dst=/d,bind-propagation", 'no option ""'],
    ["--mount type=bind,src=/s,dst=/d,ro=", "write ro=true or ro=false"],
    ["--mount type=bind,src=/s,dst=/d,-x", 'there is no option "-x"'],
    ["--mount type=tmpfs,dst=/d,tmpfs-size", '"size=" is no size'],
    ["--mount type=tmpfs,dst=/d,tmpfs-mode", '"mode=" is no mode'],
    ["--tmpfs d", "is not absolute"],
    ["--tmpfs=", "the target is missing"],
    ["--tmpfs /", "a container's root"],
    ["--tmpfs /d:", 'no option ""'],
    ["--tmpfs /d:uid=5", 'no option "uid=5"'],
    ["--tmpfs /d:size=abc", "is no size"],
    ["--tmpfs /d:size=-1", "is no size"],
    ["--tmpfs /d:mode=999", "is no mode"],
    ["--tmpfs /d:bind", 'no option "bind"'],
    ["--tmpfs /a:b:c", 'no option "b:c"'],
    ["--mount type=bind,src=/s", "the target is missing"],
    ["--mount type=bind,src=,dst=/d", "the source is empty"],
    ["--mount type=bind,src=/s,dst=/d,bogus", 'no option "bogus"'],
    ["--mount type=bind,src=/s,dst=/d,size=1m", 'no option "size"'],
    ["--mount type=bind,src=/s,dst=/d,ro,rw", exclude],
    ["--mount type=bind,src=/s,dst=/d,ro=maybe", "write ro=true or ro=false"],
    ["--mount type=bind,src=/s,dst=/d,relabel=x", "write relabel=shared"],
    ["--mount type=bind,src=/s,dst=/d,U", "use chown"],
    ["--mount type=tmpfs,dst=/d,src=/s", "a tmpfs has no source"],
    ["--mount type=tmpfs,dst=/d,tmpfs-size=x", "is no size"],
    ["--mount type=volume,src=v,dst=/d", "no named volumes"],
    ["--mount type=image,src=i,dst=/d", "write type=bind or type=tmpfs"],
    ["--mount src=/s,dst=/d", "write type=bind or type=tmpfs"],
    ["--mount=", "write type=bind or type=tmpfs"],
    ['--mount type=bind,"src=/s', "a quote is out of place"],
    ["--device /nope", "it is not there"],
    ["--device /etc/passwd", "it is no device"],
    ["--device /etc", "name the devices in it one by one"],
    ["--device /dev/null:/dev/x:x", "not made of r, w and m"],
    ["--device /dev/null:rr", "not made of r, w and m"],
    ["--device /dev/null:x:r", "is not absolute"],
    ["--device /dev/null:/a:r:w", "write SOURCE"],
  ];
  for (const [typed, message] of table) {
    await t.step(typed, () => {
      assertStringIncludes(refusalOf(typed.split(" ")) ?? "taken", message);
    });
  }
});

const BIND_WORDS = [
  ...["ro", "rw", "z", "Z", "private", "rshared", "slave", "unbindable"],
  ...["bind", "rbind", "suid", "nosuid", "dev", "nodev", "exec", "noexec"],
  ...["copy", "nocopy", "cached", "delegated", "consistent"],
];
const TMPFS_WORDS = [
  ...[
    "ro",
    "rw",
    "private",
    "rshared",
    "slave",
    "unbindable",
    "suid",
    "nosuid",
  ],
  ...["dev", "nodev", "exec", "noexec", "tmpcopyup", "notmpcopyup"],
  ...["size=1", "mode=1"],
];

Deno.test("words that only look like options of mounts are none", () => {
  const cases = [
    ...BIND_WORDS.map((word) => ["-v /s:/d", word] as const),
    ...TMPFS_WORDS.map((word) => ["--tmpfs /d", word] as const),
  ];
  for (const [flag, word] of cases) {
    assertEquals(refusalOf(`${flag}:${word}`.split(" ")), undefined, word);
    const odd = word.includes("=") ? [`x${word}`] : [`x${word}`, `${word}x`];
    for (const other of odd) {
      const refusal = refusalOf(`${flag}:${other},${word}`.split(" "));
      assertStringIncludes(
        refusal ?? "taken",
        `there is no option "${other}"`,
      );
    }
  }
});

Deno.test("mounts are refused by the flag that was typed", async (t) => {
  const root = "a container's root is its image's";
  const table: [(text: string) => unknown, string, string][] = [
    [readVolume, "/s:/", `Cannot use "--volume=/s:/": ${root}`],
    [readVolume, "/s:/..", `Cannot use "--volume=/s:/..": ${root}`],
    [readTmpfs, "/", `Cannot use "--tmpfs=/": ${root}`],
    [
      readMount,
      "type=tmpfs,dst=/",
      `Cannot use "--mount=type=tmpfs,dst=/": ${root}`,
    ],
    [
      readVolume,
      "/s",
      'Cannot use "--volume=/s": orlop makes no volumes; write ' +
      "SOURCE:TARGET, or use --tmpfs /s",
    ],
  ];
  for (const [read, text, message] of table) {
    await t.step(text, () => {
      const error = assertThrows(() => read(text), UsageError);
      assertEquals(error.message, message);
    });
  }
});
