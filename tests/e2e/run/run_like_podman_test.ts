/** What a process sees of the flags that were typed, compared with podman's. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const { ignore } = needs("root", "podman", "runc", "busybox", "mount");

// podman as root would set limits that this machine may not allow.
const LIMITS = ["--ulimit=nofile=64:128", "--ulimit=nproc=99:100"];

/** A store with an image that both use, and files beside it. */
async function openStore(): Promise<SharedStore & { readonly image: string }> {
  const store = sharedStore();
  await writeBusyboxLayout(store.join("layout"));
  const image = await store.orlop("pull", `oci:${store.join("layout")}`);
  await Deno.mkdir(store.join("data"));
  await Deno.writeTextFile(store.join("data", "file"), "of the host\n");
  await Deno.symlink("data", store.join("link"));
  await Deno.writeTextFile(
    store.join("env"),
    '\n# comment\nA=1\r\n  B = 2\nC="q"\nNOPE\nE=x # y\nLAST=9',
  );
  return { ...store, image };
}

const SHELL = ["/bin/busybox", "sh", "-c"];

/** Runs a script in both, and compares what it says. */
async function compare(
  store: SharedStore & { readonly image: string },
  flags: readonly string[],
  script: string,
): Promise<string> {
  const typed = flags.map((flag) => flag.replaceAll("DIR", store.join()));
  const words = [store.image, ...SHELL, `PATH=/bin; ${script}`];
  const orlop = await store.tryOrlop(
    "run",
    "--rm",
    ...LIMITS,
    ...typed,
    ...words,
  );
  const podman = await store.podman(
    ...["run", "--rm", "--network=none", "--cgroupns=host"],
    ...["--log-driver=none", ...LIMITS, ...typed, ...words],
  );
  assertEquals({ code: orlop.code, out: orlop.out }, { code: 0, out: podman });
  return orlop.out;
}

const STATUS = "busybox grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status";
const GROUPS = "busybox grep Groups /proc/self/status";
const ENVIRON = "busybox tr '\\0' '\\n' </proc/1/environ";
const mountOf = (path: string) =>
  `busybox grep -E ' ${path} ' /proc/mounts | busybox sed 's/,*resv[^ ]*//'`;
const limitOf = (controller: string, ...files: string[]) =>
  `cd /sys/fs/cgroup/${controller}; ` +
  `cd "$(busybox sed -n 's/.*:${controller}:\\(.*\\)/.\\1/p' /proc/self/cgroup)" ` +
  `2>/dev/null; busybox cat ${files.join(" ")}`;

Deno.test(
  "a process sees of its flags what it sees in podman",
  { ignore },
  async (t) => {
    await using store = await openStore();
    const table: readonly (readonly [string, string, string?])[] = [
      ["", STATUS, "Seccomp:\t2"],
      ["--user=33", STATUS],
      ["--user=33 --cap-add=net_raw", STATUS, "CapAmb:\t0000000000002000"],
      ["--group-add=5,7 --user=33:34", GROUPS, "Groups:\t5 7 34"],
      ["--cap-drop=all", STATUS, "CapBnd:\t0000000000000000"],
      ["--cap-add=all", STATUS],
      ["--privileged", STATUS, "Seccomp:\t0"],
      ["--security-opt=no-new-privileges", STATUS, "NoNewPrivs:\t1"],
      ["--security-opt=seccomp=unconfined", STATUS, "Seccomp:\t0"],
      ["", "ulimit -a", "(-n) 64"],
      ["--ulimit=core=0 --ulimit=stack=4096000", "ulimit -a; ulimit -Ha"],
      ["", "umask; busybox cat /proc/self/oom_score_adj", "0022"],
      ["--umask=0077", "umask", "0077"],
      ["--oom-score-adj=7", "busybox cat /proc/self/oom_score_adj", "7"],
      ["--volume=DIR/data:/d", mountOf("/d"), "rw,"],
      ["--volume=DIR/data:/d:ro,z", mountOf("/d"), "ro,"],
      ["--volume=DIR/link:/d", "busybox cat /d/file", "of the host"],
      ["--volume=DIR/data/file:/d", "busybox cat /d", "of the host"],
      ["--volume=DIR/data:/a/../../d", "busybox cat /d/file", "of the host"],
      [
        "--volume=DIR/data:/d:nosuid,nodev,noexec",
        mountOf("/d"),
        "nosuid,nodev",
      ],
      ["--mount=type=bind,src=DIR/data,dst=/d,readonly", mountOf("/d"), "ro,"],
      ["--mount=type=tmpfs,dst=/d,tmpfs-size=1m", mountOf("/d"), "size=1024k"],
      ["--tmpfs=/d", `${mountOf("/d")}; busybox stat -c %a /d`, "nosuid,nodev"],
      ["--tmpfs=/d:size=64k,mode=700,noexec", mountOf("/d"), "mode=700"],
      ["--tmpfs=/bin:exec", "busybox ls /bin", "busybox"],
      [
        "--read-only",
        "(>/x) 2>&1; >/tmp/x; >/run/x; >/var/tmp/x; echo ok",
        "ok",
      ],
      ["--read-only --read-only-tmpfs=false", "(>/x) 2>&1; echo ok"],
      ["--shm-size=1m", mountOf("/dev/shm"), "size=1024k"],
      ["--ipc=none", "busybox ls /dev", "null"],
      ["--device=/dev/fuse", "busybox ls -l /dev/fuse | busybox cut -c1-40"],
      [
        "--device=/dev/fuse:/dev/foo:r",
        "(>/dev/foo) 2>&1; echo ok",
        "not permitted",
      ],
      [
        "--sysctl=kernel.msgmax=65530",
        "busybox cat /proc/sys/kernel/msgmax",
        "65530",
      ],
      ["--hostname=a.b", "busybox hostname; echo $HOSTNAME", "a.b"],
      [
        "--add-host=a:1.2.3.4 --add-host=b:::1",
        "busybox head -n 2 /etc/hosts",
        "1.2.3.4\ta\n::1\tb",
      ],
      ["--uts=host", "busybox hostname; echo $HOSTNAME"],
      [
        "--env-file=DIR/env",
        `echo "$A|$C|$E|$LAST|$NOPE"; ${ENVIRON} | busybox grep B`,
        "B = 2",
      ],
      ["--env-file=DIR/env --env=A=2", "echo $A", "2"],
      ["--unsetenv=PATH", "echo ok", "ok"],
      ["--memory=64m", limitOf("memory", "memory.limit_in_bytes"), "67108864"],
      [
        "--memory=64m",
        limitOf("memory", "memory.memsw.limit_in_bytes"),
        "134217728",
      ],
      ["--pids-limit=7", limitOf("pids", "pids.max"), "7"],
      ["--pids-limit=-1", limitOf("pids", "pids.max")],
      ["", limitOf("pids", "pids.max"), "2048"],
      [
        "--cpus=0.5",
        limitOf("cpu", "cpu.cfs_quota_us", "cpu.cfs_period_us"),
        "50000",
      ],
      ["--cpu-shares=512", limitOf("cpu", "cpu.shares"), "512"],
      ["--cpuset-cpus=0", limitOf("cpuset", "cpuset.cpus"), "0"],
      ["--security-opt=proc-opts=nosuid,hidepid=2", mountOf("/proc")],
      ["--security-opt=unmask=/proc/acpi", mountOf("/proc/acpi") + "; echo ok"],
      ["--entrypoint=[] --workdir=/bin", "pwd", "/bin"],
    ];
    for (const [flags, script, expected = ""] of table) {
      await t.step(
        `${flags || "by default"}: ${script.slice(0, 40)}`,
        async () => {
          const words = flags.split(" ").filter((word) => word !== "");
          assertStringIncludes(await compare(store, words, script), expected);
        },
      );
    }
  },
);
