/** The interface to the mounts of a host. */

import type { Abortable } from "../errors/abort.ts";
import type { MountEntry } from "../formats/storage/mount_table.ts";
import type { MountPlan } from "./plan_overlay.ts";

/** Options of {@linkcode Mounter.unmount}. */
export interface UnmountOptions extends Abortable {
  /**
   * `"lazy"` detaches the mount at once, even if it is in use, with all that is
   * mounted in it; `"strict"`, the default, refuses then.
   *
   * @default {"strict"}
   */
  readonly mode?: "strict" | "lazy";
}

/**
 * The mounts of this mount namespace.
 *
 * Terms: a *target* is the directory that something is mounted on; several mounts
 * may lie on one, of which the topmost is visible. A mount is *in use* while a
 * process has open files or its working directory in it.
 *
 * Life cycle: before the first layer is mounted, `bindPrivate()` makes the
 * directory of layers a mount; `mount()` carries out a plan; `unmount()` and
 * `unmountAll()` remove the topmost mounts. None of them counts: callers that share
 * mounts keep counts under a lock, and check `isMounted()`, since a reboot removes
 * all mounts, and other tools mount, too.
 *
 * @see `tests/contracts/mounter_suite.ts` for all that it promises.
 * @example
 * ```ts
 * import { type Mounter, openAgent, PolicyError } from "orlop";
 * const refuse = () =>
 *   Promise.reject(new PolicyError("Cannot mount: not on this machine"));
 * const mounter: Mounter = {
 *   mount: refuse,
 *   bindPrivate: refuse,
 *   unmount: () => Promise.resolve(), // nothing is
 *   unmountAll: () => Promise.resolve(),
 *   isMounted: () => Promise.resolve(false),
 *   list: () => Promise.resolve([]),
 * };
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run`, mounter });
 * ```
 */
export interface Mounter {
  /**
   * Carries out a plan. The caller has made sure that the target exists and is not
   * mounted: overlayfs would mount the same layer twice.
   *
   * @throws {Deno.errors.PermissionDenied} If it takes root.
   * @throws {CommandError} If it fails otherwise.
   */
  mount(plan: MountPlan, options?: Abortable): Promise<void>;
  /**
   * Unmounts the topmost mount on a directory, if there is one.
   *
   * @throws {InUseError} If it is in use.
   * @throws {Deno.errors.PermissionDenied} If it takes root.
   * @throws {CommandError} If it fails otherwise.
   */
  unmount(target: string, options?: UnmountOptions): Promise<void>;
  /**
   * Unmounts, lazily, what is mounted on some directories or files, by one program.
   * If several mounts are on one, at least the topmost is removed.
   *
   * @throws As `unmount()` does, for the first that fails; all are tried.
   */
  unmountAll(targets: readonly string[], options?: Abortable): Promise<void>;
  /** Whether a directory is a mount point; false if it is missing. */
  isMounted(target: string, options?: Abortable): Promise<boolean>;
  /**
   * Lists the mounts on a directory and below it. Where one hides another,
   * both are listed. Targets begin with the directory as it is given here,
   * symbolic links and all, so that they compare with paths made from it.
   */
  list(directory: string, options?: Abortable): Promise<readonly MountEntry[]>;
  /**
   * Makes a directory a mount point of its own, with private propagation:
   * other tools do that with a store's `overlay` directory, and would hide
   * mounts that were made there before.
   *
   * @throws As `mount()` does.
   */
  bindPrivate(directory: string, options?: Abortable): Promise<void>;
}
