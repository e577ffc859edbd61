/** Whether runtime and kernel support user namespaces for sandboxes. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import { isObject, parseJson } from "../../formats/json.ts";
import type { UserMap } from "../../formats/storage/user_map.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { holdUserNamespace } from "../../mount/user_namespace.ts";
import type { LibcMounts } from "../../process/libc_mounts.ts";
import { runCommand } from "../../process/run_command.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { whyNoWay } from "../mounts/mapped_layers.ts";
import { findRuntime } from "../runtimes/find_runtime.ts";

/** What to check. */
export interface SupportOptions extends Abortable {
  /** The name or the path of the OCI runtime. */
  readonly runtime: string | undefined;
}

const trials = new WeakMap<Store, Promise<string | undefined>>();
const runtimes = new Map<string, boolean>();

/**
 * Finds out why sandboxes cannot have user namespaces here. The kernel is tested
 * once, a runtime once for each version.
 *
 * @returns Undefined if they can.
 * @throws {CommandError} If the runtime is not installed.
 */
export async function whyNoUserNamespaces(
  agent: Agent,
  { runtime, signal }: SupportOptions,
): Promise<string | undefined> {
  const program = findRuntime(runtime);
  if (!await canMapMounts(agent, program, { signal })) {
    return `"${program}" does not say that it can map the owners of files: it ` +
      "takes runc 1.2 or later, or crun 1.9 or later";
  }
  const { libc } = agent.store;
  if (libc?.mounts === undefined) return "libc was taken without its mounts";
  const closed = whyNoWay(agent.store.paths);
  if (closed !== undefined) {
    return `the users of one need the store, and ${closed}`;
  }
  const trial = trials.get(agent.store) ?? tryKernel(agent, libc.mounts);
  trials.set(agent.store, trial);
  return await trial;
}

/** Reads `RUNTIME features`: runtime-spec v1.1, features.md. */
async function canMapMounts(
  { store }: Agent,
  program: string,
  { signal }: Abortable,
): Promise<boolean> {
  // Without libc, no answer is kept: a new version could not be told from it.
  const version = store.libc?.readVersion(program);
  const key = `${version} ${program}`;
  const known = version === undefined ? undefined : runtimes.get(key);
  if (known !== undefined) return known;
  const { code, stdout } = await runCommand(program, ["features"], {
    signal,
    okCodes: "any",
  });
  const can = code === 0 && readIdMap(stdout);
  runtimes.set(key, can);
  return can;
}

function readIdMap(text: string): boolean {
  const path = ["linux", "mountExtensions", "idmap", "enabled"];
  try {
    let value: unknown = parseJson(text, "features");
    for (const name of path) value = isObject(value) ? value[name] : undefined;
    return value === true;
  } catch {
    return false; // it has no such command
  }
}

// Any valid range.
const RANGE = { first: 100_000, count: 65_536 };
const SOMEBODY: UserMap = { uids: RANGE, gids: RANGE };

/** Tests a mount as for a container's root, on the store's file system. */
async function tryKernel(
  { mounter, store }: Agent,
  mounts: LibcMounts,
): Promise<string | undefined> {
  const trial = join(store.paths.root, "orlop", `trial-${randomSuffix()}`);
  const at = (name: string) => join(trial, name);
  try {
    for (const name of ["lower", "mapped", "upper", "work", "merged"]) {
      await Deno.mkdir(at(name), { recursive: true, mode: 0o700 });
    }
    await using undo = new AsyncDisposableStack();
    const held = undo.use(await holdUserNamespace({ users: SOMEBODY, mounts }));
    const mapped = {
      source: at("lower"),
      target: at("mapped"),
      pid: held.pid,
    };
    if (!mounts.bindMapped(mapped)) {
      return `the kernel, or the file system of "${store.paths.root}", has no ` +
        "ID-mapped mounts";
    }
    undo.defer(() => mounter.unmount(at("mapped"), { mode: "lazy" }));
    await mounter.mount({
      ...{ source: "overlay", type: "overlay", flags: [] },
      target: at("merged"),
      data: `lowerdir=${at("mapped")},upperdir=${at("upper")},` +
        `workdir=${at("work")}`,
    });
    undo.defer(() => mounter.unmount(at("merged"), { mode: "lazy" }));
    return undefined;
  } catch (error) {
    return whyOf(error);
  } finally {
    removeTreeSync(trial);
  }
}
