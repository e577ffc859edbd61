/** The checks of the machine. */

import { existsSync, readFileSync, statfsSync } from "node:fs";
import { whyOf } from "../../errors/why.ts";
import {
  FINDMNT_COLUMNS,
  type MountEntry,
  parseFindmnt,
} from "../../formats/storage/mount_table.ts";
import { formatSize } from "../../formats/config/byte_size.ts";
import { existingPart } from "../../fs/existing_part.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import { readProxyRules } from "../../registry/proxy/proxy_rules.ts";
import { lookAtRuntime } from "./check_runtime.ts";
import { about, type Check, type Finding } from "./finding.ts";
import type { ExamineOptions } from "./examine_options.ts";
import { isAtLeast } from "./version.ts";

// What overlayfs needs for metacopy and several lower layers as options.
const MIN_KERNEL = [5, 11] as const;
// Less than this may be too little for a layer that is being unpacked.
const [LITTLE, NEXT_TO_NOTHING] = [0.1, 0.02];
// File systems without reliable locks or attributes.
const NETWORK = /^(nfs4?|cifs|smb3|9p|fuse\..*|ceph|glusterfs)$/;
// The release date of this version: no correct clock is earlier.
const MADE_MS = Date.UTC(2026, 0, 1);

/** Lists them. */
export function hostChecks(options: ExamineOptions): readonly Check[] {
  return [
    { name: "user", look: lookAtUser },
    { name: "kernel", look: lookAtKernel },
    { name: "file system", look: () => lookAtFileSystem(options) },
    { name: "free space", look: () => lookAtSpace(options) },
    { name: "cgroups", look: () => lookAtCgroups(options) },
    { name: "programs", look: () => lookAtPrograms(options) },
    { name: "runtime", look: () => lookAtRuntime(options) },
    { name: "clock", look: lookAtClock },
    { name: "names", look: lookAtNames },
    { name: "proxy", look: () => lookAtProxy(options) },
  ];
}

function lookAtUser(): readonly Finding[] {
  const { ok, fail } = about("user");
  const uid = Deno.uid();
  return uid === 0 ? [ok("root")] : [
    fail(
      `user ${uid}`,
      "Run orlop as root: it mounts and changes owners of files",
    ),
  ];
}

function lookAtKernel(): readonly Finding[] {
  return assessKernel(Deno.osRelease());
}

/** Assesses a kernel by its release, as in `uname -r`. */
export function assessKernel(release: string): readonly Finding[] {
  const { ok, warn } = about("kernel");
  const isNew = isAtLeast(release.split(/\D/).map(Number), MIN_KERNEL);
  const found = `Linux ${release}`;
  const advice = `Use ${MIN_KERNEL.join(".")} or later: older ones are not ` +
    "tested, and lack features of overlayfs";
  return isNew ? [ok(found)] : [warn(found, advice)];
}

async function lookAtFileSystem(
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const [mount] = await findMounts(options, [
    ...["--target", existingPart(options.root)],
  ]);
  return assessFileSystem(mount, options);
}

/** Assesses the file system of a store, if findmnt knows it. */
export function assessFileSystem(
  mount: MountEntry | undefined,
  { root }: Pick<ExamineOptions, "root">,
): readonly Finding[] {
  const { ok, warn, fail } = about("file system");
  if (mount === undefined) {
    return [warn("findmnt does not find it", `Look at: df ${root}`)];
  }
  const { type, target, options } = mount;
  const found = `${type} on ${target}`;
  if (options.split(",").includes("ro")) {
    return [fail(`${found}, read-only`, "Mount it read-write")];
  }
  if (NETWORK.test(type)) {
    return [fail(found, "Keep the store on a local disk: --root")];
  }
  if (type === "tmpfs") {
    return [warn(found, "All images are lost at a reboot: --root on a disk")];
  }
  if (type === "overlay") {
    return [warn(found, "Overlays do not stack well: use a volume for --root")];
  }
  return [ok(found)];
}

function lookAtSpace({ root }: ExamineOptions): readonly Finding[] {
  const disk = statfsSync(existingPart(root));
  const bytes = (count: number) => formatSize(count * disk.bsize);
  const inodes = (count: number) => count.toLocaleString("en");
  return [
    assessSpace("free space", [disk.bavail, disk.blocks], bytes),
    // File systems with dynamic inodes report no count.
    ...(disk.files === 0
      ? []
      : [assessSpace("free inodes", [disk.ffree, disk.files], inodes)]),
  ];
}

/** Assesses the free space of a file system. */
export function assessSpace(
  check: string,
  [free, total]: readonly [number, number],
  format: (count: number) => string,
): Finding {
  const { ok, warn, fail } = about(check);
  const share = total > 0 ? free / total : 1;
  const found = `${format(free)} of ${format(total)}`;
  const advice =
    "See what a cleanup can free: orlop df; orlop gc --dry-run --all";
  if (share < NEXT_TO_NOTHING) return fail(found, advice);
  return share < LITTLE ? warn(found, advice) : ok(found);
}

async function lookAtCgroups(
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const mounts = await findMounts(options, ["--types", "cgroup,cgroup2"]);
  return assessCgroups(mounts);
}

/** Assesses the mounted control groups. */
export function assessCgroups(
  mounts: readonly Pick<MountEntry, "type">[],
): readonly Finding[] {
  const { ok, warn } = about("cgroups");
  const types = new Set(mounts.map(({ type }) => type));
  if (types.has("cgroup2") && types.size === 1) return [ok("version 2")];
  if (types.size === 0) {
    return [warn("none are mounted", "orlop run needs /sys/fs/cgroup mounted")];
  }
  return [
    warn(
      "version 1",
      "runc still runs; boot with systemd.unified_cgroup_hierarchy=1",
    ),
  ];
}

async function lookAtPrograms(
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const { ok, fail } = about("programs");
  const wanted = [["mount", "util-linux"], ["tar", "GNU tar"]] as const;
  const found = await Promise.all(wanted.map(async ([name, maker]) => {
    const version = await versionOf(findProgram(name), options);
    return version.includes(maker)
      ? ok(`${name}: ${version.replace(/ \(.*: .*/, "")}`)
      : fail(`${name}: ${version}`, `Install ${maker}: orlop uses its options`);
  }));
  for (const name of ["umount", "findmnt"]) findProgram(name);
  return found;
}

function lookAtClock(): readonly Finding[] {
  const { ok, fail } = about("clock");
  const now = new Date();
  const found = now.toISOString();
  return now.getTime() >= MADE_MS ? [ok(found)] : [
    fail(
      found,
      "Set the clock: otherwise certificates are invalid and ages wrong",
    ),
  ];
}

/** No name is resolved: doctor uses no network. */
function lookAtNames(): readonly Finding[] {
  const { ok, warn } = about("names");
  const file = "/etc/resolv.conf";
  const servers = existsSync(file)
    ? [...readFileSync(file, "utf8").matchAll(/^nameserver\s+(\S+)/gm)]
      .map(([, address]) => address)
    : [];
  return servers.length > 0 ? [ok(`name servers ${servers.join(", ")}`)] : [
    warn(
      `no name server in ${file}`,
      "Only registries in /etc/hosts can be reached",
    ),
  ];
}

/** Looks at the proxies that the environment names. */
export function lookAtProxy(
  { env }: Pick<ExamineOptions, "env">,
): readonly Finding[] {
  const { ok, warn } = about("proxy");
  try {
    const { http, https, noProxy } = readProxyRules((name) => env[name]);
    const others = noProxy.map(({ text }) => text).join(",") || "any host";
    const used = [https, http].flatMap((proxy) =>
      proxy === undefined ? [] : [`${proxy.variable}=${proxy.origin}`]
    );
    if (used.length > 0) {
      return [ok(`${used.join(" ")}, but not for ${others}`)];
    }
    const isLost = env["ALL_PROXY"] || env["all_proxy"];
    return [
      isLost
        ? warn(
          "ALL_PROXY is not used",
          "Set HTTPS_PROXY and HTTP_PROXY, as for podman",
        )
        : ok("none"),
    ];
  } catch (error) {
    return [warn(whyOf(error), "Write it with its scheme: http://HOST:PORT")];
  }
}

async function findMounts(
  { signal }: ExamineOptions,
  words: readonly string[],
): Promise<readonly MountEntry[]> {
  const { stdout } = await runCommand(findProgram("findmnt"), [
    ...["--json", "--output", FINDMNT_COLUMNS],
    ...words,
  ], { signal, okCodes: [0, 1] });
  return parseFindmnt(stdout);
}

/** The first line of a program's version output. */
export async function versionOf(
  program: string,
  { signal }: ExamineOptions,
): Promise<string> {
  const { stdout } = await runCommand(program, ["--version"], { signal });
  return stdout.split("\n")[0] ?? "";
}
