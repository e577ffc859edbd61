/** Mounts and unmounts through mount(8), umount(8) and findmnt(8). */

import type { Abortable } from "../errors/abort.ts";
import {
  FINDMNT_COLUMNS,
  type MountEntry,
  parseFindmnt,
} from "../formats/storage/mount_table.ts";
import { findProgram } from "../process/find_program.ts";
import { type CommandResult, runCommand } from "../process/run_command.ts";
import { mountError, unmountError } from "./explain_mount.ts";
import type { MountPlan } from "./plan_overlay.ts";

/** Options of {@linkcode Mounter.unmount}. */
export interface UnmountOptions extends Abortable {
  /**
   * `"lazy"` takes the mount out of the tree at once, also if it is in use;
   * `"strict"`, the default, refuses then.
   */
  readonly mode?: "strict" | "lazy";
}

/** The mounts of this mount namespace. */
export interface Mounter {
  /**
   * Carries out a plan. Whoever calls it has made sure that the target is
   * there and not mounted: overlayfs would mount the same layer twice.
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
  /** Whether a directory is a mount point; one that is absent is none. */
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

/** What the mounter runs; absolute paths. */
export interface MountPrograms {
  /** mount(8) */
  readonly mount: string;
  /** umount(8) */
  readonly umount: string;
  /** findmnt(8) */
  readonly findmnt: string;
}

/**
 * The mounts of the kernel.
 *
 * @param programs What to run; found once, at the first use, if left out.
 */
export function systemMounter(programs?: MountPrograms): Mounter {
  let found = programs;
  return new SystemMounter(() => found ??= findPrograms());
}

function findPrograms(): MountPrograms {
  return {
    mount: findProgram("mount"),
    umount: findProgram("umount"),
    findmnt: findProgram("findmnt"),
  };
}

// libmount >= 2.39 would use fsconfig(2), which takes 256 bytes an option.
const MOUNT_ENV = { "LIBMOUNT_FORCE_MOUNT2": "always" };

class SystemMounter implements Mounter {
  readonly #programs: () => MountPrograms;

  constructor(programs: () => MountPrograms) {
    this.#programs = programs;
  }

  async mount(plan: MountPlan, options: Abortable = {}): Promise<void> {
    const { source, target, type, flags, data, cwd } = plan;
    const words = [...flags, ...(data === "" ? [] : [data])];
    const args = ["--types", type, "--source", source, "--target", target];
    if (words.length > 0) args.push("--options", words.join(","));
    const result = await this.#mount(args, {
      ...options,
      ...(cwd === undefined ? {} : { cwd }),
    });
    if (result.code !== 0) throw mountError(plan, result);
  }

  async unmount(target: string, options: UnmountOptions = {}): Promise<void> {
    const { mode = "strict", signal } = options;
    const args = ["--internal-only", "--no-mtab"];
    if (mode === "lazy") args.push("--lazy");
    const result = await runCommand(this.#programs().umount, [
      ...args,
      "--",
      target,
    ], { signal, okCodes: "any" });
    const error = result.code === 0 ? undefined : unmountError(target, result);
    if (error !== undefined) throw error;
  }

  async isMounted(target: string, options: Abortable = {}): Promise<boolean> {
    return (await this.#find(["--mountpoint", target], options)).length > 0;
  }

  async list(
    directory: string,
    options: Abortable = {},
  ): Promise<readonly MountEntry[]> {
    // The kernel lists real paths; a directory that is gone has no other.
    const real = await Deno.realPath(directory).catch(() => directory);
    const prefix = real.endsWith("/") ? real : `${real}/`;
    return (await this.#find([], options))
      .filter(({ target }) => target === real || target.startsWith(prefix))
      .map((entry) => ({
        ...entry,
        target: directory + entry.target.slice(real.length),
      }));
  }

  async bindPrivate(directory: string, options: Abortable = {}): Promise<void> {
    const [entry] = await this.#find(["--mountpoint", directory], options);
    if (entry?.propagation === "private") return;
    if (entry === undefined) {
      await this.#change(directory, ["--bind", directory, directory], options);
    }
    await this.#change(directory, ["--make-private", directory], options);
  }

  /** Changes what a directory is as a mount point. */
  async #change(
    target: string,
    args: readonly string[],
    options: Abortable,
  ): Promise<void> {
    const result = await this.#mount(args, options);
    if (result.code !== 0) throw mountError({ target, type: "bind" }, result);
  }

  #mount(
    args: readonly string[],
    { signal, cwd }: Abortable & { readonly cwd?: string },
  ): Promise<CommandResult> {
    return runCommand(this.#programs().mount, [
      "--internal-only",
      "--no-mtab",
      ...args,
    ], {
      signal,
      env: MOUNT_ENV,
      okCodes: "any",
      ...(cwd === undefined ? {} : { cwd }),
    });
  }

  async #find(
    args: readonly string[],
    { signal }: Abortable,
  ): Promise<readonly MountEntry[]> {
    const { stdout } = await runCommand(this.#programs().findmnt, [
      "--kernel",
      "--json",
      "--list",
      "--output",
      FINDMNT_COLUMNS,
      ...args,
    ], { signal, okCodes: [0, 1] }); // 1: there is none.
    return parseFindmnt(stdout);
  }
}
