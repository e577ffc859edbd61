/** What keeps containers apart from the host, compared with podman's. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  parseRuntimeSpec,
  type RuntimeSeccomp,
  type RuntimeSpec,
} from "../../../src/formats/oci/runtime_spec.ts";
import { resolveSeccomp } from "../../../src/image/resolve_seccomp.ts";
import { defaultSeccomp } from "../../../src/image/seccomp_table.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const { ignore } = needs("root", "podman", "runc", "busybox", "mount");

// podman as root would set limits that this machine may not allow.
const LIMITS = ["--ulimit=nofile=64:128", "--ulimit=nproc=99:100"];

/** A store with an image that both use. */
async function openStore(): Promise<SharedStore> {
  const store = sharedStore();
  await writeBusyboxLayout(store.join("layout"));
  await store.orlop("pull", `oci:${store.join("layout")}`);
  return store;
}

/** What podman hands its runtime. */
async function podmanSpec(
  store: SharedStore,
  flags: readonly string[],
): Promise<RuntimeSpec> {
  const image = await imageOf(store);
  const common = ["--network=none", "--cgroupns=host", ...LIMITS];
  const id = await store.podman(
    ...["create", ...common, ...flags, image, "true"],
  );
  try {
    await store.podman("init", id).catch(() => "limits that runc cannot set");
    const userdata = ["overlay-containers", id, "userdata", "config.json"];
    return await readSpec(join(store.root, ...userdata));
  } finally {
    await store.podman("rm", "--force", "--time=0", id);
  }
}

async function orlopSpec(
  store: SharedStore,
  flags: readonly string[],
): Promise<RuntimeSpec> {
  const image = await imageOf(store);
  const words = ["--pod=new:p", "--name=c", ...LIMITS, ...flags, image, "true"];
  await store.orlop("container", "create", ...words);
  const dir = await store.orlop("container", "dirs", "--work", "c");
  const spec = await readSpec(join(dir, "config.json"));
  await store.orlop("pod", "rm", "--force", "p");
  return spec;
}

async function imageOf(store: SharedStore): Promise<string> {
  const ids = await store.orlop("images", "--quiet");
  return ids.split("\n")[0] ?? "";
}

async function readSpec(path: string): Promise<RuntimeSpec> {
  return parseRuntimeSpec(await Deno.readTextFile(path));
}

/** What a profile does to each system call, under which conditions. */
function outcomes(seccomp: RuntimeSeccomp | undefined): readonly string[] {
  const lines = (seccomp?.syscalls ?? []).flatMap(
    ({ names, action, errnoRet = 0, args = [] }) =>
      (names as string[]).map((name) =>
        `${name} ${action} ${errnoRet} ${JSON.stringify(args)}`
      ),
  );
  const rest = JSON.stringify({ ...seccomp, syscalls: [] });
  return [...new Set([rest, ...lines])].toSorted();
}

Deno.test("the default seccomp profile is podman's", { ignore }, async (t) => {
  await using store = await openStore();
  const cases = [[], ["all"], ["sys_admin"], ["audit_write", "sys_time"]];
  for (const added of cases) {
    await t.step(`with ${added.join(", ") || "no more rights"}`, async () => {
      const flags = added.map((name) => `--cap-add=${name}`);
      const { linux, process } = await podmanSpec(store, flags);
      const capabilities = process?.capabilities?.["bounding"] ?? [];
      const architecture = Deno.build.arch;
      const own = resolveSeccomp(defaultSeccomp(), {
        capabilities,
        architecture,
      });
      assert(outcomes(own).length > 400);
      assertEquals(outcomes(own), outcomes(linux?.seccomp));
    });
  }
});

/** podman writes the file's type beside its permissions, too. */
function permissionsOf(device: { readonly fileMode: number }) {
  return { ...device, fileMode: device.fileMode & 0o7777 };
}

/** The parts of a configuration that keep a container apart. */
function sandboxOf({ process, linux }: RuntimeSpec) {
  const capabilities = process?.capabilities ?? {};
  const sets = Object.entries(capabilities)
    .filter(([, names]) => names.length > 0);
  return {
    capabilities: Object.fromEntries(sets.toSorted()),
    noNewPrivileges: process?.["noNewPrivileges"] ?? false,
    umask: process?.user?.umask,
    oomScoreAdj: process?.["oomScoreAdj"],
    rlimits: process?.rlimits,
    devices: Array.from(Object(linux?.["devices"] ?? []), permissionsOf),
    sysctl: linux?.["sysctl"],
    propagation: linux?.["rootfsPropagation"],
    namespaces: linux?.namespaces?.map(({ type }) => type).toSorted(),
    resources: Object(linux?.resources),
    seccomp: outcomes(linux?.seccomp),
    readonlyPaths: (linux?.readonlyPaths ?? []).toSorted(),
    // What later versions of podman hide, too.
    maskedPaths: (linux?.maskedPaths ?? [])
      .filter((path) => !/interrupts|powercap|thermal/.test(path)).toSorted(),
  };
}

Deno.test(
  "containers are kept apart as podman's are",
  { ignore },
  async (t) => {
    await using store = await openStore();
    const table: readonly (readonly string[])[] = [
      [],
      ["--user=33"],
      ["--user=33", "--cap-add=net_admin,sys_time"],
      ["--cap-add=all", "--cap-drop=sys_admin"],
      ["--cap-drop=all"],
      ["--cap-drop=all", "--cap-add=chown", "--user=33"],
      ["--security-opt=no-new-privileges", "--umask=027"],
      ["--security-opt=seccomp=unconfined"],
      ["--security-opt=mask=/proc/cmdline", "--security-opt=unmask=/proc/acpi"],
      ["--security-opt=unmask=/proc/*"],
      ["--memory=64m", "--pids-limit=7"],
      ["--memory=64m", "--memory-swap=-1", "--memory-reservation=32m"],
      ["--memory=1.5g", "--memory-swappiness=5", "--oom-kill-disable"],
      ["--cpus=1.5", "--cpu-shares=512", "--cpuset-cpus=0"],
      ["--cpu-quota=5000", "--cpu-period=20000", "--cpuset-mems=0"],
      ["--pids-limit=-1", "--oom-score-adj=5"],
      ["--ulimit=core=0", "--ulimit=core=1:2,stack=8388608"],
      ["--device=/dev/fuse", "--device=/dev/null:/dev/foo:r"],
      ["--sysctl=kernel.msgmax=65530", "--sysctl=net.ipv4.ip_forward=1"],
      ["--pid=host", "--ipc=host", "--uts=host"],
      ["--ipc=none"],
      ["--volume=/etc:/x:rshared"],
    ];
    for (const flags of table) {
      await t.step(flags.join(" ") || "by default", async () => {
        const podman = await podmanSpec(store, flags);
        const orlop = await orlopSpec(store, flags);
        assertEquals(sandboxOf(orlop), sandboxOf(podman));
      });
    }
  },
);
