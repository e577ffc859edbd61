/** The checks of a store: locks, mounts and leftovers. */

import { join } from "@std/path";
import { sleep } from "../../errors/abort.ts";
import { isThere, tryReadText } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import { layOut } from "../../store/paths.ts";
import { READ_LOCKS } from "../../store/records/tables.ts";
import { type Agent, openAgent } from "../agent.ts";
import { readCleanupStatus } from "../cleanup/cleanup_status.ts";
import { findLeftovers, type Leftovers } from "../cleanup/leftovers.ts";
import { sumBytes } from "../cleanup/own_layers.ts";
import { findSchedulers } from "../cleanup/schedule.ts";
import { surveyStore } from "../cleanup/survey_store.ts";
import { readCheckStatus } from "../check/check_status.ts";
import { checkObjects } from "../check/check_objects.ts";
import { type CheckedObject, titleOf } from "../check/checked_object.ts";
import { lookAtStoreMounts } from "../check/store_mounts.ts";
import { about, type Check, type Finding } from "./finding.ts";
import type { ExamineOptions } from "./examine_options.ts";

// Locks are held only briefly, except by tools that unpack a big layer.
const LOCK_PATIENCE_MS = 1_000;
const LOCK_TIMEOUT_MS = 5_000;
const CLEANUP_DUE_MS = 8 * 24 * 60 * 60 * 1000;
const LOCKS = [
  ...["storage.lock", "userns.lock", "overlay-layers/layers.lock"],
  ...["overlay-images/images.lock", "overlay-containers/containers.lock"],
];

/** Lists them. */
export function storeChecks(options: ExamineOptions): readonly Check[] {
  const { ok } = about("store");
  if (!isThere(layOut(options).home)) {
    const found = `none at ${options.root} yet: the first pull creates it`;
    return [{ name: "store", look: () => [ok(found)] }];
  }
  return [
    { name: "other tools", look: () => lookAtTools(options) },
    { name: "locks", look: () => lookAtLocks(options) },
    { name: "store", look: () => lookAtRecords(options) },
    { name: "check", look: () => lookAtCheck(options) },
    { name: "cleanup", look: () => lookAtCleanup(options) },
  ];
}

function lookAtTools({ root, libc }: ExamineOptions): readonly Finding[] {
  const { ok, fail } = about("other tools");
  const drivers = ["vfs", "overlay2", "btrfs", "zfs", "aufs", "devicemapper"]
    .filter((name) => isThere(join(root, name)));
  if (drivers.length > 0) {
    const found = `${root} has layers of another driver: ${drivers.join(", ")}`;
    return [fail(found, "Give orlop a store of its own: --root")];
  }
  const signs = [
    ...["libpod", "db.sql"].map((name) => [join(root, name), "podman"]),
    ...nameInSettings(root).map((file) => [file, `tools that read ${file}`]),
  ];
  const users = signs.flatMap(([path = "", user = ""]) =>
    isThere(path) ? [user] : []
  );
  if (users.length === 0) return [ok("no other tool has used this store")];
  const found = `used by ${[...new Set(users)].join(", ")}`;
  if (libc !== undefined) return [ok(`${found}; orlop respects their locks`)];
  return [fail(found, "Allow ffi: without it orlop does not see their locks")];
}

/** Which settings of containers/storage name the store. */
function nameInSettings(root: string): readonly string[] {
  return ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"]
    .filter((file) =>
      new RegExp(`^\\s*graphroot\\s*=\\s*"${RegExp.escape(root)}/?"`, "m")
        .test(tryReadText(file) ?? "")
    );
}

async function lookAtLocks(
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const { ok, warn } = about("locks");
  if (options.libc === undefined) return [ok("cannot be seen without libc")];
  const first = findHolders(options);
  if (first.size > 0) await sleep(LOCK_PATIENCE_MS);
  const still = [...findHolders(options)].filter(([path, pid]) =>
    first.get(path) === pid
  );
  if (still.length === 0) return [ok("none is held for long")];
  return still.map(([path, pid]) =>
    pid > 0
      ? warn(
        `process ${pid} holds ${path}`,
        `See what it does: ps -p ${pid}; others wait until it ends`,
      )
      : warn(`a process holds ${path}`, `Find it: fuser -v ${path}`)
  );
}

/** Process IDs by lock file; -1 where the kernel does not tell. */
function findHolders(
  { root, libc }: ExamineOptions,
): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const path of LOCKS.map((name) => join(root, name))) {
    if (libc === undefined || !isThere(path)) continue;
    using file = libc.openLock(path, "look");
    const pid = file.findHolder();
    if (pid !== undefined) held.set(path, pid);
  }
  return held;
}

/** Checks the records: mounts without a count, and files without a record. */
async function lookAtRecords(
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const { ok, fail } = about("store");
  const { signal } = options;
  const agent = openAgent({
    ...options,
    purpose: "read",
    lockTimeoutMs: LOCK_TIMEOUT_MS,
  });
  using held = await agent.store.lock(READ_LOCKS, { signal });
  const { layers, images, containers } = held;
  const layerIds = new Set<string>(layers.records.map(({ id }) => id));
  const counts = [
    `${images.records.length} images`,
    `${containers.records.length} containers`,
    `${layers.records.length} layers`,
  ];
  const facts = await surveyStore(agent, held, { signal, measured: "none" });
  return [
    ok(`containers/storage, overlay: ${counts.join(", ")}`),
    ...held.faults.map(({ message }) =>
      fail(message, "Until it is repaired, orlop changes nothing in this store")
    ),
    ...describeLeftovers(findLeftovers(facts)),
    ...held.faults.length > 0
      ? []
      : describeDamage(await checkObjects(agent, held)),
    ...await lookAtMounts(agent, {
      ...options,
      isLayer: (id) => layerIds.has(id),
    }),
  ];
}

function describeDamage(
  objects: readonly CheckedObject[],
): readonly Finding[] {
  return objects.filter(({ state }) => state === "damaged").map((object) => {
    const { kind, faults: [fault = ""], advice = "" } = object;
    return about(kind).fail(`${kind} ${titleOf(object)}: ${fault}`, advice);
  });
}

function describeLeftovers(
  { removable, kept }: Leftovers,
): readonly Finding[] {
  const { warn } = about("store");
  const bytes = `${sumBytes(removable)} bytes`;
  return [
    ...removable.slice(0, 1).map(({ name }) =>
      warn(
        `${removable.length} leftovers, ${bytes}, such as ${name}`,
        "They do no harm; remove them: orlop gc",
      )
    ),
    ...kept.map(({ name, reason }) =>
      warn(`leftover ${name}: ${reason}`, "gc removes it afterwards")
    ),
  ];
}

async function lookAtMounts(
  agent: Agent,
  { isLayer, signal }: ExamineOptions & {
    readonly isLayer: (id: string) => boolean;
  },
): Promise<readonly Finding[]> {
  const { ok } = about("mounts");
  const { mounted, stale, uncounted } = await lookAtStoreMounts(agent, {
    isLayer,
    signal,
  });
  const findings: Finding[] = [];
  for (const { target, isOfLayer } of uncounted) {
    findings.push(await describeMount(target, { isLayer: isOfLayer, signal }));
  }
  return [ok(countText(mounted, stale)), ...findings];
}

function countText(mounted: number, stale: number): string {
  const text = `${mounted} layers are mounted`;
  // For example after a reboot: the kernel's table decides.
  return stale === 0 ? text : `${text}; ${stale} outdated counts are ignored`;
}

async function describeMount(
  target: string,
  { isLayer, signal }: { isLayer: boolean; signal: AbortSignal | undefined },
): Promise<Finding> {
  const { warn } = about("mounts");
  const what = isLayer ? "is not counted" : "belongs to no layer";
  const holders = await findUsers(target, signal);
  const found = `${target} is mounted, but ${what}; ${holders}`;
  return warn(found, `If it is not needed: umount ${target}`);
}

/** The processes that use a mount. Other mount namespaces are not visible. */
async function findUsers(
  target: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const { stdout } = await runCommand(findProgram("fuser"), ["-m", target], {
      signal,
      okCodes: [0, 1],
    });
    const ids = stdout.trim().split(/\s+/).filter((word) => word !== "");
    return ids.length === 0
      ? "no process uses it"
      : `in use by process ${ids.join(", ")}`;
  } catch {
    return "its users cannot be listed without fuser (psmisc)";
  }
}

/** Damage that only a full check finds; the rest was checked above. */
function lookAtCheck(options: ExamineOptions): readonly Finding[] {
  const { ok, fail } = about("check");
  const status = readCheckStatus(layOut(options));
  if (status === undefined) {
    return [ok("no content was verified yet: orlop check --full does")];
  }
  const { time, depth, verified } = status;
  const damaged = [...verified].filter(([, { faults }]) => faults.length > 0);
  if (damaged.length === 0) {
    const read = `${verified.size} layers were verified`;
    return [ok(`last at ${time} (${depth}): ${read}`)];
  }
  return damaged.map(([id, { faults: [fault = ""], time }]) =>
    fail(`layer ${id}: ${fault}, at ${time}`, "Repair it: orlop check --repair")
  );
}

function lookAtCleanup(options: ExamineOptions): readonly Finding[] {
  const { ok, warn } = about("cleanup");
  const installed = findSchedulers();
  const by = installed.length > 0 ? `by ${installed.join(", ")}` : "by hand";
  const status = readCleanupStatus(layOut(options));
  if (status === undefined) {
    const advice = installed.length > 0
      ? "Wait for the first one, or start it: orlop gc"
      : "Schedule it: orlop schedule cron --install";
    return [warn(`${by}, none so far`, advice)];
  }
  const { time, outcome, message } = status;
  const found = `${by}, last at ${time}: ${outcome}`;
  if (outcome !== "done") {
    return [
      warn(`${found}, ${message}`, "See what it would do: orlop gc --dry-run"),
    ];
  }
  const isLate = Date.now() - Date.parse(time) > CLEANUP_DUE_MS;
  if (isLate && installed.length > 0) {
    return [
      warn(`${found}, more than a week ago`, "Does cron or the timer run?"),
    ];
  }
  return [ok(found)];
}
