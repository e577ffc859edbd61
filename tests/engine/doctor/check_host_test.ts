import { assertEquals } from "@std/assert";
import {
  assessCgroups,
  assessFileSystem,
  assessKernel,
  assessSpace,
  lookAtProxy,
} from "../../../src/engine/doctor/check_host.ts";
import type { Finding } from "../../../src/engine/doctor/finding.ts";

/** A finding in a line: its state, what was found, what to do. */
function show({ state, found, advice }: Finding): string {
  return [state, found, ...advice === undefined ? [] : [advice]].join(" | ");
}

Deno.test("assessKernel() requires Linux 5.11", async (t) => {
  const advice = "Use 5.11 or later: older ones are not tested, and lack " +
    "features of overlayfs";
  const cases: readonly (readonly [string, "ok" | "warn"])[] = [
    ["5.11.0", "ok"],
    ["5.11", "ok"],
    ["5.15.0-91-generic", "ok"],
    ["6.0.0", "ok"],
    ["10.1", "ok"],
    ["5.10.209", "warn"],
    ["5.9", "warn"],
    ["4.19.0", "warn"],
    ["4.99", "warn"],
    ["odd", "warn"],
  ];
  for (const [release, state] of cases) {
    await t.step(release, () => {
      const line = `${state} | Linux ${release}`;
      assertEquals(assessKernel(release).map(show), [
        state === "ok" ? line : `${line} | ${advice}`,
      ]);
    });
  }
});

Deno.test("assessFileSystem() warns of unsuitable file systems", async (t) => {
  const local = "Keep the store on a local disk: --root";
  const lost = "All images are lost at a reboot: --root on a disk";
  const stacked = "Overlays do not stack well: use a volume for --root";
  const network = ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs"];
  const cases: readonly (readonly [string, string, string])[] = [
    ["ext4", "rw,relatime", "ok | ext4 on /m"],
    ["xfs", "rw", "ok | xfs on /m"],
    ["btrfs", "rw,errors=remount-ro", "ok | btrfs on /m"],
    ["nfsd", "rw", "ok | nfsd on /m"],
    ["xnfs", "rw", "ok | xnfs on /m"],
    ["fuse", "rw", "ok | fuse on /m"],
    ...[...network, "fuse.sshfs", "fuse."].map((type) =>
      [type, "rw", `fail | ${type} on /m | ${local}`] as const
    ),
    ["tmpfs", "rw", `warn | tmpfs on /m | ${lost}`],
    ["overlay", "rw", `warn | overlay on /m | ${stacked}`],
    ["ext4", "ro", "fail | ext4 on /m, read-only | Mount it read-write"],
    ["nfs", "noexec,ro", "fail | nfs on /m, read-only | Mount it read-write"],
  ];
  for (const [type, options, line] of cases) {
    await t.step(`${type} ${options}`, () => {
      const mount = {
        type,
        options,
        target: "/m",
        source: "s",
        propagation: "p",
      };
      assertEquals(assessFileSystem(mount, { root: "/r" }).map(show), [line]);
    });
  }
  await t.step("none", () => {
    assertEquals(assessFileSystem(undefined, { root: "/r" }).map(show), [
      "warn | findmnt does not find it | Look at: df /r",
    ]);
  });
});

Deno.test("assessSpace() requires a tenth, and fails below a fiftieth", async (t) => {
  const advice =
    "See what a cleanup can free: orlop df; orlop gc --dry-run --all";
  const cases: readonly (readonly [number, number, Finding["state"]])[] = [
    [100, 1000, "ok"],
    [99, 1000, "warn"],
    [20, 1000, "warn"],
    [19, 1000, "fail"],
    [0, 1000, "fail"],
    [1000, 1000, "ok"],
    [0, 0, "ok"],
  ];
  for (const [free, total, state] of cases) {
    await t.step(`${free} of ${total}`, () => {
      const finding = assessSpace(
        "space",
        [free, total],
        (count) => `${count}.`,
      );
      const found = `${free}. of ${total}.`;
      assertEquals(finding, {
        ...{ check: "space", state, found },
        ...state !== "ok" && { advice },
      });
    });
  }
});

Deno.test("assessCgroups() requires version 2, and that alone", () => {
  const judge = (...types: string[]) =>
    assessCgroups(types.map((type) => ({ type }))).map(show).join();
  const old = "warn | version 1 | runc still runs; boot with " +
    "systemd.unified_cgroup_hierarchy=1";
  assertEquals(judge("cgroup2"), "ok | version 2");
  assertEquals(judge("cgroup2", "cgroup2"), "ok | version 2");
  assertEquals(judge("cgroup", "cgroup2"), old);
  assertEquals(judge("cgroup"), old);
  assertEquals(
    judge(),
    "warn | none are mounted | orlop run needs /sys/fs/cgroup mounted",
  );
});

Deno.test("lookAtProxy() reports which variables count", async (t) => {
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{}, "ok | none"],
    [
      { "HTTPS_PROXY": "http://p:1" },
      "ok | HTTPS_PROXY=http://p:1, but not for any host",
    ],
    [
      {
        "HTTPS_PROXY": "http://p:1",
        "http_proxy": "http://q:2",
        "NO_PROXY": "a,b",
      },
      "ok | HTTPS_PROXY=http://p:1 http_proxy=http://q:2, but not for a,b",
    ],
    [
      { "ALL_PROXY": "http://p:1" },
      "warn | ALL_PROXY is not used | Set HTTPS_PROXY and HTTP_PROXY, as for podman",
    ],
    [
      { "all_proxy": "http://p:1" },
      "warn | ALL_PROXY is not used | Set HTTPS_PROXY and HTTP_PROXY, as for podman",
    ],
  ];
  for (const [env, line] of cases) {
    await t.step(JSON.stringify(env), () => {
      assertEquals(lookAtProxy({ env }).map(show), [line]);
    });
  }
  await t.step("one that is none", () => {
    const [finding] = lookAtProxy({ env: { "HTTPS_PROXY": "odd://p:1" } });
    assertEquals(
      [finding?.state, finding?.advice],
      ["warn", "Write it with its scheme: http://HOST:PORT"],
    );
  });
});
